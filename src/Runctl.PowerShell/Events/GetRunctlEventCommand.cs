using System.Management.Automation;
using Runctl.Events;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.PowerShell.Training;

namespace Runctl.PowerShell.Events;

/// <summary>Gets the events of runs as objects: starts, saves, interruptions, resumes and ends, of all attempts and in order.</summary>
/// <remarks>
/// The events come from S3, and from the guard on the instance if S3 does not have them yet. Those of a resume (ResumeBegun, ReplacementLaunched, TrainingResumed,
/// ResumeFailed ...) are written by the session that does it, by its clock. Without a bucket they come from the guard alone, and are gone with
/// the instance. With -Follow each event comes within seconds; the events of routine saves go to S3 with the log, at least every five minutes.
/// The details of an event are in its Data: <c>$event.Data.outcome</c>.
/// </remarks>
/// <example runs="true">
/// <code>Get-RunctlEvent $run</code>
/// <para>Gets the events of all attempts of a run.</para>
/// </example>
/// <example>
/// <code>Get-RunctlEvent $run -Kind Interruption*, Training* -Since 2h | Format-Table Time, Attempt, Kind, Message</code>
/// <para>Shows the interruptions, starts and ends of the last two hours.</para>
/// </example>
/// <example>
/// <code>Get-RunctlEvent $run -Follow</code>
/// <para>Gets the events so far and each new one, over all resumes, until the run has ended.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlEvent", DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlEvent))]
public sealed class GetRunctlEventCommand : TrainingTargetCmdlet
{
    /// <summary>Only events of these kinds, for example <c>InterruptionDetected</c> or <c>Checkpoint*</c>.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventKindCompleter))]
    public string[] Kind { get; set; } = ["*"];

    /// <summary>Only events since a time, or of the last 10m, 2h ... by the clock of the instance.</summary>
    [Parameter]
    [Moment]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only events of this attempt, from 1. Default: all attempts.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Attempt { get; set; }

    /// <summary>Continues until the run has ended, over all resumes, by the rule of Wait-RunctlTraining; with -Attempt until that attempt has. Ctrl+C ends the reading, not the training.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Time between two requests while following and nothing is new.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        var kinds = Kind.Select(Wildcards.OfWords).ToList();
        var options = new EventOptions { Attempt = Attempt, Since = Since, Follow = Follow, PollInterval = PollInterval };
        return ForEachTrainingAsync(async (scope, training) =>
        {
            await foreach (var item in new EventHistory(scope.Cloud, scope.Configuration, TimeProvider.System).ReadAsync(training, options, Progress, Warn, StopToken))
            {
                if (kinds.Any(kind => kind.IsMatch(item.Kind)))
                {
                    WriteObject(item);
                }
            }
        });
    }
}
