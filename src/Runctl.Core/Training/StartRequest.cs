using Runctl.Instances;

namespace Runctl.Training;

/// <summary>What to train, where and how.</summary>
public sealed record StartRequest
{
    /// <summary>The instance to train on.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Absolute path of the script on this machine; it must lie inside <see cref="ProjectDirectory"/>.</summary>
    public required string ScriptPath { get; init; }

    /// <summary>Absolute path of the project on this machine.</summary>
    public required string ProjectDirectory { get; init; }

    /// <summary>Arguments for the script, passed byte for byte.</summary>
    public IReadOnlyList<string> ScriptArguments { get; init; } = [];

    /// <summary>Whether the project's files are brought to the instance first.</summary>
    public bool SyncCode { get; init; }

    /// <summary>Whether resuming by itself was asked for by hand: where it can not be done, that is an error then and no warning.</summary>
    public bool InsistsOnAutoResume { get; init; }

    /// <summary>Checkpoint to begin from: an S3 URI of a checkpoint or its manifest, or an absolute local path; null to begin anew.</summary>
    public string? ResumeFrom { get; init; }

    /// <summary>What the replacement of this instance would be launched from, where it is known.</summary>
    public LaunchRequest? Launch { get; init; }
}
