using Runctl.Configuration;
using Runctl.Resuming;

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

    public int MaxResumes { get; init; } = 10;

    /// <summary>replace or wait; null in orders that were written without it: then the setting of the session that resumes counts.</summary>
    public string? StoppedInstance { get; init; }

    /// <summary>The value for a run that waits until EC2 starts its instance again.</summary>
    public const string WaitForStopped = "wait";

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
        StoppedInstance = TextOf(configuration.StoppedInstance),
    };

    /// <summary>What becomes of the run if EC2 stops its instance.</summary>
    /// <param name="configured">The setting of the session.</param>
    public RunctlStoppedInstance StoppedOr(RunctlStoppedInstance configured) => StoppedInstance switch
    {
        WaitForStopped => RunctlStoppedInstance.Wait,
        null => configured,
        _ => RunctlStoppedInstance.Replace,
    };

    /// <summary>The same with what the user changes at a resume; null changes nothing.</summary>
    public RunPolicy With(bool? autoResume, int? maxResumes, RunctlStoppedInstance? stopped) => this with
    {
        AutoResume = autoResume ?? AutoResume,
        MaxResumes = maxResumes ?? MaxResumes,
        StoppedInstance = stopped is { } given ? TextOf(given) : StoppedInstance,
    };

    private static string TextOf(RunctlStoppedInstance stopped) => stopped == RunctlStoppedInstance.Wait ? WaitForStopped : "replace";
}
