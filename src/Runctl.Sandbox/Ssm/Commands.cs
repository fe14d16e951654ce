using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Runctl.Sandbox.Ssm;

/// <summary>SendCommand and what asks after it.</summary>
internal sealed class Commands(Agents agents, TimeProvider clock) : IAsyncDisposable
{
    private const int MaxInstances = 50;
    private const int MaxBytes = 64 * 1024;
    private const int ListedOutput = 2_500;

    // For so long a new command is not to be found, as with SSM's own tables.
    private static readonly TimeSpan Visible = TimeSpan.FromMilliseconds(60);

    private readonly ConcurrentDictionary<string, Command> _commands = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, object?> _work = new();

    /// <summary>SendCommand.</summary>
    public JsonObject Send(JsonObject request)
    {
        var document = request.Text("DocumentName");
        if (document is not "AWS-RunShellScript")
        {
            throw new SsmException("InvalidDocument", $"The document {document} does not exist.");
        }

        var ids = request.Texts("InstanceIds");
        if (ids.Count is 0 or > MaxInstances)
        {
            throw new SsmException("ValidationException", $"Value '[{string.Join(", ", ids)}]' at 'instanceIds' failed to satisfy constraint: Member must have length between 1 and {MaxInstances}");
        }

        var parameters = request["Parameters"] as JsonObject ?? [];
        if (Encoding.UTF8.GetByteCount(parameters.ToJsonString()) > MaxBytes)
        {
            throw new SsmException("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.");
        }

        var targets = ids.Distinct().Select(id => (Id: id, Agent: agents.Find(id))).ToList();
        if (targets.Exists(target => target.Agent is null))
        {
            throw new SsmException("InvalidInstanceId", $"Instances [[{string.Join(", ", targets.Where(target => target.Agent is null).Select(target => target.Id))}]] not in a valid state for account 000000000000");
        }

        var command = new Command
        {
            CommandId = Guid.NewGuid().ToString(),
            Comment = request.Text("Comment") ?? "",
            Lines = parameters.Texts("commands"),
            WorkingDirectory = parameters.Texts("workingDirectory") is [{ Length: > 0 } directory, ..] ? directory : null,
            DeliveryTimeout = Seconds(request["TimeoutSeconds"]?.ToString(), 3600, 30, 2592000, "TimeoutSeconds"),
            ExecutionTimeout = Seconds(parameters.Texts("executionTimeout") is [var execution, ..] ? execution : null, 3600, 5, 172800, "executionTimeout"),
            Sent = clock.GetUtcNow(),
            Invocations = [.. targets.Select(target => new Invocation(target.Id))],
        };
        if (command.Lines.Count == 0)
        {
            throw new SsmException("InvalidParameters", "Parameter \"commands\" is required.");
        }

        _commands[command.CommandId] = command;
        foreach (var (invocation, agent) in command.Invocations.Zip(targets, (invocation, target) => (invocation, target.Agent!)))
        {
            Track(Task.Run(() => agent.RunAsync(command, invocation)));
        }

        return new JsonObject { ["Command"] = Describe(command) };
    }

    /// <summary>GetCommandInvocation.</summary>
    public JsonObject Get(JsonObject request)
    {
        var found = Find(request.Text("CommandId"))?.Invocations.FirstOrDefault(invocation => invocation.InstanceId == request.Text("InstanceId"))
            ?? throw new SsmException("InvocationDoesNotExist", "");
        var command = _commands[request.Text("CommandId")!];
        return new JsonObject
        {
            ["CommandId"] = command.CommandId,
            ["InstanceId"] = found.InstanceId,
            ["Comment"] = command.Comment,
            ["DocumentName"] = "AWS-RunShellScript",
            ["DocumentVersion"] = "$DEFAULT",
            ["PluginName"] = "aws:runShellScript",
            ["ResponseCode"] = found.ResponseCode,
            ["ExecutionStartDateTime"] = Time(found.Started),
            ["ExecutionElapsedTime"] = found is { Started: { } started, Ended: { } ended }
                ? string.Create(CultureInfo.InvariantCulture, $"PT{(ended - started).TotalSeconds:0.###}S") : "",
            ["ExecutionEndDateTime"] = Time(found.Ended),
            ["Status"] = found.Status.Status,
            ["StatusDetails"] = found.Status.Details,
            ["StandardOutputContent"] = found.Output,
            ["StandardOutputUrl"] = "",
            ["StandardErrorContent"] = found.Error,
            ["StandardErrorUrl"] = "",
        };
    }

    /// <summary>ListCommandInvocations.</summary>
    public JsonObject List(JsonObject request)
    {
        var details = request["Details"]?.GetValue<bool>() ?? false;
        var commandId = request.Text("CommandId");
        var all = commandId is null ? Settled().OrderByDescending(command => command.Sent) : Settled().Where(command => command.CommandId == commandId);
        var rows = all
            .SelectMany(command => command.Invocations, (command, invocation) => (command, invocation))
            .Where(row => request.Text("InstanceId") is not { } wanted || row.invocation.InstanceId == wanted)
            .ToList();
        return SsmPage.Cut(request, "CommandInvocations", rows, 50, 50, row => Describe(row.command, row.invocation, details));
    }

    /// <summary>CancelCommand.</summary>
    public JsonObject Cancel(JsonObject request)
    {
        var command = Find(request.Text("CommandId")) ?? throw new SsmException("InvalidCommandId", "");
        var wanted = request.Texts("InstanceIds");
        foreach (var invocation in command.Invocations.Where(invocation => wanted.Count == 0 || wanted.Contains(invocation.InstanceId)))
        {
            invocation.Cancellation.Cancel();
        }

        return [];
    }

    /// <summary>Cancels what runs and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var invocation in _commands.Values.SelectMany(command => command.Invocations))
        {
            await invocation.Cancellation.CancelAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_work.Keys).ConfigureAwait(false);
        agents.Dispose();
    }

    private Command? Find(string? commandId) => Settled().FirstOrDefault(command => command.CommandId == commandId);

    private IEnumerable<Command> Settled() => _commands.Values.Where(command => clock.GetUtcNow() - command.Sent >= Visible);

    /// <summary>Keeps work until it is done; what failed stays, for <see cref="DisposeAsync"/> to report.</summary>
    private void Track(Task work)
    {
        _work[work] = null;
        work.ContinueWith(done => _work.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static JsonObject Describe(Command command) => new()
    {
        ["CommandId"] = command.CommandId,
        ["Comment"] = command.Comment,
        ["DocumentName"] = "AWS-RunShellScript",
        ["InstanceIds"] = new JsonArray([.. command.Invocations.Select(invocation => (JsonNode)invocation.InstanceId)]),
        ["RequestedDateTime"] = Epoch(command.Sent),
        ["Status"] = "Pending",
        ["StatusDetails"] = "Pending",
        ["TimeoutSeconds"] = (int)command.DeliveryTimeout.TotalSeconds,
        ["TargetCount"] = command.Invocations.Count,
    };

    private static JsonObject Describe(Command command, Invocation invocation, bool details)
    {
        var description = new JsonObject
        {
            ["CommandId"] = command.CommandId,
            ["InstanceId"] = invocation.InstanceId,
            ["Comment"] = command.Comment,
            ["DocumentName"] = "AWS-RunShellScript",
            ["RequestedDateTime"] = Epoch(command.Sent),
            ["Status"] = invocation.Status.Status,
            ["StatusDetails"] = invocation.Status.Details,
        };
        if (details)
        {
            var output = invocation.Error.Length == 0 ? invocation.Output : $"{invocation.Output}\n----------ERROR-------\n{invocation.Error}";
            description["CommandPlugins"] = new JsonArray(new JsonObject
            {
                ["Name"] = "aws:runShellScript",
                ["Status"] = invocation.Status.Status,
                ["StatusDetails"] = invocation.Status.Details,
                ["ResponseCode"] = invocation.ResponseCode,
                ["Output"] = Invocation.Cut(output, ListedOutput, "\n---Output truncated---"),
            });
        }

        return description;
    }

    private static TimeSpan Seconds(string? text, int otherwise, int least, int most, string name)
    {
        if (text is null)
        {
            return TimeSpan.FromSeconds(otherwise);
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= least && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : throw new SsmException("InvalidParameters", $"{name} must be from {least} to {most} seconds.");
    }

    private static double Epoch(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "";
}
