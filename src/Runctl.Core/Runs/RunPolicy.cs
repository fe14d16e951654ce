using Runctl.Configuration;

namespace Runctl.Runs;

/// <summary>What is done about an interruption, and after the training.</summary>
internal sealed record RunPolicy
{
    public double GraceSeconds { get; init; } = 90;

    public double GuardPollSeconds { get; init; } = 1;

    /// <summary>TERM, INT, USR1 or USR2.</summary>
    public string StopSignal { get; init; } = "TERM";

    public bool StopFile { get; init; }

    /// <summary>trainers or launcher.</summary>
    public string SignalTo { get; init; } = "trainers";

    public string OnExit { get; init; } = "keep";

    public bool AutoResume { get; init; }

    public int MaxResumes { get; init; }

    /// <summary>As it is configured.</summary>
    public static RunPolicy Of(RunctlConfiguration configuration) => new()
    {
        GraceSeconds = configuration.GracePeriod.TotalSeconds,
        GuardPollSeconds = configuration.GuardPollInterval.TotalSeconds,
        StopSignal = configuration.StopSignal,
        StopFile = configuration.UsesStopFile,
        SignalTo = configuration.SignalTo,
        OnExit = configuration.OnExit,
        AutoResume = configuration.AutoResume,
        MaxResumes = configuration.MaxResumes,
    };
}
