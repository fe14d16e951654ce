using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;

namespace Runctl.Sandbox.Ssm;

/// <summary>Writes commands and invocations. Output is empty until the command has ended.</summary>
internal static class InvocationJson
{
    private const int PluginOutputLimit = 2_500;

    /// <summary>A command.</summary>
    public static JsonObject Command(Command command, DateTimeOffset now)
    {
        var statuses = command.Invocations.Select(invocation => invocation.StatusAt(now)).ToList();
        var status = Overall(statuses);
        return new JsonObject
        {
            ["CommandId"] = command.Id,
            ["DocumentName"] = SsmNames.Document,
            ["DocumentVersion"] = "$DEFAULT",
            ["Comment"] = command.Comment,
            ["ExpiresAfter"] = SsmNames.Epoch(command.Requested + command.DeliveryTimeout + command.ExecutionTimeout),
            ["Parameters"] = new JsonObject(command.Parameters.Select(pair =>
                KeyValuePair.Create(pair.Key, (JsonNode?)Texts(pair.Value)))),
            ["InstanceIds"] = Texts(command.Invocations.Select(invocation => invocation.InstanceId)),
            ["Targets"] = new JsonArray(),
            ["RequestedDateTime"] = SsmNames.Epoch(command.Requested),
            ["Status"] = status.Name,
            ["StatusDetails"] = status.Details,
            ["MaxConcurrency"] = "50",
            ["MaxErrors"] = "0",
            ["TargetCount"] = statuses.Count,
            ["CompletedCount"] = statuses.Count(entry => entry.Final),
            ["ErrorCount"] = statuses.Count(entry => entry is { Final: true, Name: "Failed" or "TimedOut" }),
            ["DeliveryTimedOutCount"] = statuses.Count(entry => entry == InvocationStatus.DeliveryTimedOut),
            ["TimeoutSeconds"] = (int)command.DeliveryTimeout.TotalSeconds,
        };
    }

    /// <summary>An invocation as GetCommandInvocation answers it.</summary>
    public static JsonObject Single(Invocation invocation, DateTimeOffset now)
    {
        var status = invocation.StatusAt(now);
        return new JsonObject
        {
            ["CommandId"] = invocation.Command.Id,
            ["InstanceId"] = invocation.InstanceId,
            ["Comment"] = invocation.Command.Comment,
            ["DocumentName"] = SsmNames.Document,
            ["DocumentVersion"] = "$DEFAULT",
            ["PluginName"] = SsmNames.Plugin,
            ["ResponseCode"] = invocation.ExitCode,
            ["ExecutionStartDateTime"] = Text(invocation.Started),
            ["ExecutionElapsedTime"] = invocation is { Started: { } started, Ended: { } ended } ? XmlConvert.ToString(ended - started) : "",
            ["ExecutionEndDateTime"] = Text(invocation.Ended),
            ["Status"] = status.Name,
            ["StatusDetails"] = status.Details,
            ["StandardOutputContent"] = status.Final ? invocation.Output.Text : "",
            ["StandardOutputUrl"] = "",
            ["StandardErrorContent"] = status.Final ? Error(invocation, status) : "",
            ["StandardErrorUrl"] = "",
        };
    }

    /// <summary>An invocation as ListCommandInvocations answers it.</summary>
    public static JsonObject Listed(Invocation invocation, bool details, DateTimeOffset now)
    {
        var status = invocation.StatusAt(now);
        return new JsonObject
        {
            ["CommandId"] = invocation.Command.Id,
            ["InstanceId"] = invocation.InstanceId,
            ["InstanceName"] = "",
            ["Comment"] = invocation.Command.Comment,
            ["DocumentName"] = SsmNames.Document,
            ["DocumentVersion"] = "$DEFAULT",
            ["RequestedDateTime"] = SsmNames.Epoch(invocation.Command.Requested),
            ["Status"] = status.Name,
            ["StatusDetails"] = status.Details,
            ["StandardOutputUrl"] = "",
            ["StandardErrorUrl"] = "",
            ["CommandPlugins"] = details ? new JsonArray(Plugin(invocation, status)) : new JsonArray(),
        };
    }

    private static JsonObject Plugin(Invocation invocation, InvocationStatus status)
    {
        var error = Error(invocation, status);
        var output = error.Length == 0 ? invocation.Output.Text : $"{invocation.Output.Text}\n----------ERROR-------\n{error}";
        var plugin = new JsonObject
        {
            ["Name"] = SsmNames.Plugin,
            ["Status"] = status.Name,
            ["StatusDetails"] = status.Details,
            ["ResponseCode"] = invocation.ExitCode,
            ["Output"] = status.Final ? OutputBuffer.Cut(output, PluginOutputLimit) : "",
            ["StandardOutputUrl"] = "",
            ["StandardErrorUrl"] = "",
        };
        if (invocation.Started is { } started)
        {
            plugin["ResponseStartDateTime"] = SsmNames.Epoch(started);
        }

        if (invocation.Ended is { } ended)
        {
            plugin["ResponseFinishDateTime"] = SsmNames.Epoch(ended);
        }

        return plugin;
    }

    /// <summary>The agent appends how a script failed to what the script itself said.</summary>
    private static string Error(Invocation invocation, InvocationStatus status) =>
        status == InvocationStatus.Failed
            ? OutputBuffer.Cut(
                string.Create(CultureInfo.InvariantCulture, $"{invocation.Error.Text}failed to run commands: exit status {invocation.ExitCode}"),
                Invocation.ErrorLimit)
            : invocation.Error.Text;

    private static InvocationStatus Overall(IReadOnlyList<InvocationStatus> statuses) =>
        statuses.FirstOrDefault(status => !status.Final) is { } open
            ? open == InvocationStatus.Pending && statuses.Any(status => status != InvocationStatus.Pending) ? InvocationStatus.InProgress : open
            : statuses.FirstOrDefault(status => status != InvocationStatus.Success) ?? InvocationStatus.Success;

    private static string Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "";

    private static JsonArray Texts(IEnumerable<string> values) => new(values.Select(value => (JsonNode?)JsonValue.Create(value)).ToArray());
}
