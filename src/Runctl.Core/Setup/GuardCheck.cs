using Runctl.Errors;

namespace Runctl.Setup;

/// <summary>What the guard's <c>check</c> is asked.</summary>
internal sealed record GuardCheckRequest(Runs.StoreReference? Store, IReadOnlyList<string> Keys, string Region, string? User, string ProjectName, Runs.CheckpointSettings Checkpoint);

/// <summary>What it answers.</summary>
internal sealed record GuardCheckAnswer
{
    public string? Python { get; init; }

    public string? Systemd { get; init; }

    /// <summary>Why the instance cannot run the guard, or null; what else it would have answered is not known then.</summary>
    public RunctlException? Refusal { get; init; }

    public string? Imds { get; init; }

    public string? Role { get; init; }

    public bool GuardAlive { get; init; }

    public int ActiveRuns { get; init; }

    public GuardCheckProblem? Credentials { get; init; }

    public GuardCheckStorage? Storage { get; init; }

    /// <summary>Whether the role may write orders; null if that was not found out.</summary>
    public bool? OrdersWritable { get; init; }

    public GuardCheckDirectory? Directory { get; init; }
}

/// <summary>Something that did not work there.</summary>
internal sealed record GuardCheckProblem(string Id, string Message);

/// <summary>The bucket as seen from the instance; rate in bytes a second.</summary>
internal sealed record GuardCheckStorage(GuardCheckProblem? Error, string? Step, IReadOnlyList<string> Left, double? Rate);

/// <summary>The checkpoint directory; sizes in bytes, rate in bytes a second.</summary>
internal sealed record GuardCheckDirectory(string? Path, bool Exists, string? User, string? Error, long? Free, long? Total, double? Rate, GuardCheckpoint? Checkpoint);

/// <summary>The newest checkpoint there; age in seconds.</summary>
internal sealed record GuardCheckpoint(string Name, long Size, double Age);
