using Runctl.Errors;

namespace Runctl.Ports;

/// <summary>How a command stands on one instance.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Status">SSM's status, for example <c>InProgress</c> or <c>Success</c>.</param>
/// <param name="StatusDetails">SSM's details, for example <c>ExecutionTimedOut</c>.</param>
/// <param name="ExitCode">Exit code of the script, or null while it runs.</param>
/// <param name="Output">Standard output, cut by SSM.</param>
/// <param name="Error">Standard error, cut by SSM; empty where the list does not carry it.</param>
public sealed record CommandOutcome(string InstanceId, string Status, string? StatusDetails, int? ExitCode, string Output, string Error)
{
    /// <summary>Whether nothing will change any more.</summary>
    public bool IsFinal => Status is not ("Pending" or "InProgress" or "Delayed" or "Cancelling");

    /// <summary>Whether the script came to its end, well or not; else it was never delivered, or killed.</summary>
    public bool EndedByItself => Status == "Success" || this is { Status: "Failed", ExitCode: not null };

    /// <summary>Why there is no answer, where it did not end by itself.</summary>
    internal RunctlException Failure() => RunctlErrors.CommandFailed(InstanceId, StatusDetails is { Length: > 0 } details ? details : Status, Error.Trim());
}
