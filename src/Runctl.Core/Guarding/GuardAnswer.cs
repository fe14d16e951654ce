using System.Text.Json;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Guarding;

/// <summary>What the guard said: its one line of JSON, or an error of the catalogue.</summary>
internal sealed record GuardAnswer(string InstanceId, JsonElement? Value, RunctlException? Error)
{
    /// <summary>Whether a service failed, so that nothing is known of the instance.</summary>
    public bool IsCallFailure { get; init; }

    /// <summary>Whether the program has to be brought first.</summary>
    public bool ProgramIsMissing => Error?.Id == ErrorIds.GuardMissing;

    /// <summary>The value, or the error thrown.</summary>
    public JsonElement Require() => Error is null ? Value!.Value : throw Error;

    /// <summary>Reads the outcome of a call.</summary>
    public static GuardAnswer Read(CommandOutcome outcome)
    {
        if (!outcome.EndedByItself)
        {
            return new(outcome.InstanceId, null, outcome.Failure());
        }

        // In a list of invocations the agent's own words on a failure follow the guard's line.
        var line = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(text => text.StartsWith('{')) ?? outcome.Output.Trim();
        JsonElement value;
        try
        {
            using var document = JsonDocument.Parse(line);
            value = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            var text = outcome.Error.Trim() is { Length: > 0 } error ? error : line;
            return new(outcome.InstanceId, null, RunctlErrors.GuardAnswerInvalid(outcome.InstanceId, outcome.ExitCode, text.Length > 2000 ? text[^2000..] : text, e));
        }

        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty("error", out var problem) && problem.ValueKind == JsonValueKind.Object && !value.TryGetProperty("state", out _)
            ? new(outcome.InstanceId, null, Translate(outcome, problem))
            : new(outcome.InstanceId, value, null);
    }

    private static RunctlException Translate(CommandOutcome outcome, JsonElement problem)
    {
        var id = Text(problem, "id") ?? "GuardFailed";
        var message = Text(problem, "message") ?? $"The guard on {outcome.InstanceId} failed ({id}).";
        if (Text(problem, "log_tail") is { Length: > 0 } tail)
        {
            message += Environment.NewLine + tail;
        }

        return RunctlErrors.Guard(id, Kind(outcome.ExitCode), message, Text(problem, "target") ?? outcome.InstanceId, Action(id));
    }

    private static ErrorKind Kind(int? exitCode) => exitCode switch
    {
        3 => ErrorKind.NotFound,
        4 or 5 or 7 => ErrorKind.InvalidState,
        6 => ErrorKind.Connection,
        78 or MissingExitCode => ErrorKind.NotSupported,
        _ => ErrorKind.Defect,
    };

    private static string? Action(string id) => id switch
    {
        "PythonMissing" or "PythonTooOld" => "Use an image whose python3 is Python 3.8 or later (Ubuntu 20.04, Debian 11, Amazon Linux 2023), or install it as python3 in the instance's user data.",
        "SystemdTooOld" => "Use an image with systemd 243 or later (Ubuntu 20.04, Debian 11, Amazon Linux 2023).",
        "StorageForbidden" => RunctlErrors.RoleAction,
        "BucketElsewhere" => RunctlErrors.RegionAction,
        "BucketNotFound" => "Create the bucket, or correct s3_bucket.",
        "CheckpointDirectoryInUse" => "Give the second run its own directory with -CheckpointDirectory, or wait for the first with Wait-RunctlTraining.",
        "AmbiguousProcess" => "Use a narrower -ProcessName, or name one process with -ProcessId.",
        "ProcessOfOther" => "Add -AnyUser where it is the one that is meant.",
        "SecretForbidden" => "Give the instance's role ssm:GetParameter or secretsmanager:GetSecretValue for it, and kms:Decrypt if a key of your own encrypts it. " + RunctlErrors.RolePolicyAction,
        "SecretNotFound" => "Correct the reference in [training] environment, or create what it names in the instance's region.",
        "ScriptNotFound" => "Send the project with -SyncCode, or correct the path.",
        "CodeNotFound" or "CodeDamaged" => "Send today's working copy with -SyncCode.",
        "TrainingFailed" or "TrainingFailedAtOnce" => "The message has the end of the output. Correct the script and start it again.",
        _ => null,
    };

    private const int MissingExitCode = GuardCommand.MissingExitCode;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
