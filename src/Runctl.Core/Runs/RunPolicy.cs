using Runctl.Configuration;

namespace Runctl.Runs;

/// <summary>What is done about an interruption, and after the training.</summary>
internal sealed record RunPolicy
{
    public double GraceSeconds { get; init; } = 90;

    public double GuardPollSeconds { get; init; } = 1;

    public string OnExit { get; init; } = "keep";

    public bool AutoResume { get; init; }

    public int MaxResumes { get; init; }

    /// <summary>As it is configured.</summary>
    public static RunPolicy Of(RunctlConfiguration configuration) => new()
    {
        GraceSeconds = configuration.GracePeriod.TotalSeconds,
        GuardPollSeconds = configuration.GuardPollInterval.TotalSeconds,
        OnExit = configuration.OnExit,
        AutoResume = configuration.AutoResume,
        MaxResumes = configuration.MaxResumes,
    };
}
