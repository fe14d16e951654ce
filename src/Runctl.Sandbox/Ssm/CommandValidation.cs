using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Runctl.Sandbox.Ssm;

/// <summary>Turns a SendCommand request into a command, or refuses it.</summary>
internal static partial class CommandValidation
{
    private const int MostInstances = 50;
    private const int LargestBytes = 64 * 1024;
    private const int DefaultDeliverySeconds = 3600;
    private const int DefaultExecutionSeconds = 3600;
    private const string InstanceIdPattern = @"(^i-(\w{8}|\w{17})$)|(^mi-\w{17}$)";

    private static readonly string[] Known = ["commands", "workingDirectory", "executionTimeout"];

    /// <summary>The ids a command is sent to.</summary>
    public static IReadOnlyList<string> InstanceIds(JsonRequest request)
    {
        var ids = request.Texts("InstanceIds");
        if (ids.Count > MostInstances)
        {
            throw SsmException.Validation("instanceIds", "Member must have length less than or equal to 50");
        }

        if (!ids.All(id => InstanceId().IsMatch(id)))
        {
            throw SsmException.Validation("instanceIds", $"Member must satisfy constraint: [Member must satisfy regular expression pattern: {InstanceIdPattern}]");
        }

        return ids.Distinct(StringComparer.Ordinal).Count() == ids.Count
            ? ids
            : throw new SsmException("DuplicateInstanceId", "You cannot specify an instance ID in more than one association.");
    }

    /// <summary>Reads the command.</summary>
    public static Command Read(JsonRequest request, DateTimeOffset now)
    {
        var document = request.Required("DocumentName");
        if (document != SsmNames.Document && !document.EndsWith(":document/" + SsmNames.Document, StringComparison.Ordinal))
        {
            throw new SsmException("InvalidDocument", $"Document with name {document} does not exist.");
        }

        var parameters = request.Map("Parameters");
        if (parameters.Keys.FirstOrDefault(name => !Known.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new SsmException("InvalidParameters", $"Parameter {unknown} is not defined in document {SsmNames.Document}.");
        }

        if (!parameters.TryGetValue("commands", out var lines))
        {
            throw new SsmException("InvalidParameters", "Parameter commands is required.");
        }

        if (parameters.SelectMany(pair => pair.Value).Sum(value => Encoding.UTF8.GetByteCount(value) + 1) > LargestBytes)
        {
            throw new SsmException("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.");
        }

        var delivery = request.Number("TimeoutSeconds") ?? DefaultDeliverySeconds;
        if (delivery is < 30 or > 2_592_000)
        {
            throw SsmException.Validation("timeoutSeconds", "Member must have value between 30 and 2592000");
        }

        return new Command
        {
            Lines = lines,
            Parameters = parameters,
            Comment = request.Text("Comment") ?? "",
            Requested = now,
            DeliveryTimeout = TimeSpan.FromSeconds(delivery),
            ExecutionTimeout = ExecutionTimeout(parameters),
            WorkingDirectory = First(parameters, "workingDirectory"),
        };
    }

    private static TimeSpan ExecutionTimeout(IReadOnlyDictionary<string, IReadOnlyList<string>> parameters)
    {
        var text = First(parameters, "executionTimeout");
        var seconds = DefaultExecutionSeconds;
        if (text is { Length: > 0 } && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds))
        {
            throw new SsmException("InvalidParameters", $"Parameter executionTimeout has a value that is no number: {text}.");
        }

        // Below five seconds the service refuses nothing; the agent takes its default instead.
        return TimeSpan.FromSeconds(seconds is < 5 or > 172_800 ? DefaultExecutionSeconds : seconds);
    }

    [GeneratedRegex(InstanceIdPattern, RegexOptions.ECMAScript)]
    private static partial Regex InstanceId();

    private static string? First(IReadOnlyDictionary<string, IReadOnlyList<string>> parameters, string name) =>
        parameters.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;
}
