using System.Management.Automation;

namespace Runctl.PowerShell.Jobs;

/// <summary>What a job does: a command as the user gave it. Objects are the user's own, not copies.</summary>
internal sealed class JobWork
{
    /// <summary>Variables of the user's session that the command reads.</summary>
    public static readonly string[] Inherited = ["VerbosePreference", "DebugPreference", "InformationPreference", "ConfirmPreference", "StoredAWSRegion", "StoredAWSCredentials"];

    /// <summary>The command.</summary>
    public required CmdletInfo Command { get; init; }

    /// <summary>The parameters that the user gave in the command.</summary>
    public required IReadOnlyDictionary<string, object?> Parameters { get; init; }

    /// <summary>What came through the pipeline, or null if the command is not in one.</summary>
    public required IReadOnlyList<PSObject>? Input { get; init; }

    /// <summary>The location.</summary>
    public required string Location { get; init; }

    /// <summary>The variables.</summary>
    public required IReadOnlyList<KeyValuePair<string, object>> Variables { get; init; }
}
