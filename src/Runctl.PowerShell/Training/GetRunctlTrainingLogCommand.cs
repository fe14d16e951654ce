using System.Management.Automation;
using Runctl.Logs;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Shows what trainings printed: every line, in order, none twice.</summary>
/// <remarks>
/// With a bucket the log is read from S3, where it outlives its instance; what S3 does not have yet, at most the last five minutes, comes from the instance.
/// With -Follow the guard brings the log to S3 every two seconds, which costs about a cent an hour. Without a bucket it is read over SSM, a piece at a
/// time; then it may fall behind a training that prints a great deal, and a progress bar says how far. A line ends as on a terminal: each state of a
/// progress bar is a line of its own. A line longer than a million characters comes in pieces. A log file that somebody empties on the instance goes on
/// with what comes after.
/// </remarks>
/// <example>
/// <code>Get-RunctlTrainingLog $run -Follow</code>
/// <para>Shows the output so far, and what comes, until the training ends.</para>
/// </example>
/// <example>
/// <code>Get-RunctlTrainingLog -InstanceId i-0123456789abcdef0 -Tail 20</code>
/// <para>Shows the last lines of the training on an instance.</para>
/// </example>
/// <example>
/// <code>Get-RunctlTrainingLog $run -All -Since 2h -Follow</code>
/// <para>Shows what all attempts of a run printed in the last two hours, and what comes.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlTrainingLog", DefaultParameterSetName = RunSet)]
[OutputType(typeof(string))]
public sealed class GetRunctlTrainingLogCommand : TrainingTargetCmdlet
{
    /// <summary>Only the last so many lines of what is there now.</summary>
    [Parameter]
    [Alias("Last")]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Only what was printed since a time, or in the last 10m, 2h ... Lines have no times of their own: what counts is when they were brought to S3, at least every five minutes, or noted on the instance, every two seconds. So up to some minutes more than asked for are shown, and more after an outage, but never less.</summary>
    [Parameter]
    [Moment]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Goes on until the training has ended; Ctrl+C ends the reading, not the training.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Shows all attempts of the run one after the other, not only the one that is meant. With -Follow an attempt that goes on elsewhere is followed there.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>How often to ask while following and nothing is new; after something new in half of it. Each time is one request to S3.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachTrainingAsync(async (scope, training) =>
    {
        var log = new TrainingLog(scope.Cloud, scope.Configuration, TimeProvider.System);
        var options = new LogOptions { Tail = Tail, Since = Since, Follow = Follow, All = All, PollInterval = PollInterval };
        await foreach (var line in log.ReadAsync(training, options, Progress, WriteWarning, StopToken))
        {
            WriteObject(line);
        }
    });
}
