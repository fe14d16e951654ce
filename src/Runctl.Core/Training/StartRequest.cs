using Runctl.Instances;

namespace Runctl.Training;

/// <summary>What to train, where and how.</summary>
public sealed record StartRequest
{
    /// <summary>The instance to train on; null if <see cref="NewInstance"/> says what to launch for the training.</summary>
    public string? InstanceId { get; init; }

    /// <summary>The instance to launch for the training; null if <see cref="InstanceId"/> names one.</summary>
    public LaunchRequest? NewInstance { get; init; }

    /// <summary>Longest wait for a launched instance to become ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether an instance that was launched for a start that failed stays.</summary>
    public bool KeepInstance { get; init; }

    /// <summary>Absolute path of the script on this machine; it must lie inside <see cref="ProjectDirectory"/>.</summary>
    public required string ScriptPath { get; init; }

    /// <summary>Absolute path of the project on this machine.</summary>
    public required string ProjectDirectory { get; init; }

    /// <summary>Arguments for the script, passed byte for byte.</summary>
    public IReadOnlyList<string> ScriptArguments { get; init; } = [];

    /// <summary>Whether the project's files are brought to the instance first.</summary>
    public bool SyncCode { get; init; }

    /// <summary>Whether resuming by itself was asked for by hand: where it cannot be done, that is an error then and no warning.</summary>
    public bool InsistsOnAutoResume { get; init; }

    /// <summary>Checkpoint to begin from: an S3 URI of a checkpoint or its manifest, or an absolute local path; null to begin anew.</summary>
    public string? ResumeFrom { get; init; }

    /// <summary>What the replacement of the named instance would be launched from, if it is known.</summary>
    public LaunchRequest? Launch { get; init; }
}
