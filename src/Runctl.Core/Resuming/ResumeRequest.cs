using Runctl.Instances;

namespace Runctl.Resuming;

/// <summary>Which run to resume, and what of it is to be different; null keeps the original.</summary>
public sealed record ResumeRequest
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>Whether to begin anew where there is no good checkpoint.</summary>
    public bool FromScratch { get; init; }

    /// <summary>Whether to take the run from another resumer that has claimed it and not started it.</summary>
    public bool Force { get; init; }

    /// <summary>Instance types that will do.</summary>
    public IReadOnlyList<string>? InstanceTypes { get; init; }

    /// <summary>Subnets that will do.</summary>
    public IReadOnlyList<string>? SubnetIds { get; init; }

    /// <summary>Security groups.</summary>
    public IReadOnlyList<string>? SecurityGroupIds { get; init; }

    /// <summary>Instance profile.</summary>
    public string? IamInstanceProfile { get; init; }

    /// <summary>Image.</summary>
    public string? ImageId { get; init; }

    /// <summary>Highest price in US dollars an hour.</summary>
    public decimal? MaxPrice { get; init; }

    /// <summary>Whether on-demand instances may be launched when there is no spot capacity.</summary>
    public bool? OnDemandFallback { get; init; }

    /// <summary>Size of the root volume in GiB.</summary>
    public int? VolumeSizeGiB { get; init; }

    /// <summary>Arguments for the script.</summary>
    public IReadOnlyList<string>? ScriptArguments { get; init; }

    /// <summary>Absolute path of the project whose working copy takes the place of the stored code, or null.</summary>
    public string? SyncFrom { get; init; }

    /// <summary>The instance to resume on, which runs; null for the run's own if that runs and is free, or else a replacement.</summary>
    public string? InstanceId { get; init; }

    /// <summary>What EC2 does with the replacement when it takes it.</summary>
    public RunctlInterruptionBehavior? InterruptionBehavior { get; init; }

    /// <summary>Tags of the replacement, added to those of the original.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Environment variables of the training, added to the run's own.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Whether sessions resume the run by themselves from now on; null keeps what the run says.</summary>
    public bool? AutoResume { get; init; }

    /// <summary>How often they do so at most from now on; null keeps what the run says.</summary>
    public int? MaxResumes { get; init; }

    /// <summary>Whether it says what to launch, so that a replacement is wanted even beside an instance that lives.</summary>
    internal bool NamesLaunch => InstanceTypes is not null || SubnetIds is not null || SecurityGroupIds is not null || IamInstanceProfile is not null || ImageId is not null
        || MaxPrice is not null || OnDemandFallback is not null || VolumeSizeGiB is not null || InterruptionBehavior is not null || Tags is not null;

    /// <summary>Whether an instance that was stopped is waited for or replaced; null for what the run says.</summary>
    public RunctlStoppedInstance? StoppedInstance { get; init; }

    /// <summary>What the session that started or resumed the run launched it from; null where another session did, or a person resumes.</summary>
    internal LaunchRequest? Launched { get; init; }

    /// <summary>The attempt whose interruption is known by its guard's word, before it is in S3; null where a person asks.</summary>
    internal int? Interrupted { get; init; }

    /// <summary>What that notice said EC2 will do, for example terminate, where it is known.</summary>
    internal string? Action { get; init; }

    /// <summary>Longest wait for the replacement to become ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(15);
}
