using System.Management.Automation;
using Runctl.Logs;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Shows what trainings printed: every line, in order, none twice.</summary>
/// <remarks>
/// <para>With a bucket the log comes from S3, where it outlives its instance. The newest part, five minutes at most, comes from the instance. With -Follow
/// the guard uploads the log every two seconds, which costs about a cent an hour. Without a bucket the log comes over SSM, a piece at a time. It may then
/// fall behind a training that prints a great deal, and a progress bar says how far.</para>
/// <para>A line ends as on a terminal: each state of a progress bar is a line of its own. A line longer than a million characters comes in pieces. If a log
/// file is emptied on the instance, the log continues with what comes after.</para>
/// <para>With -Follow an interruption is not the end as long as something continues the run, by the rule of Wait-RunctlTraining. Progress and -Verbose say
/// what the cmdlet waits for between two attempts. If nothing continues the run, a warning says so and names the command that does.</para>
/// </remarks>
/// <example>
/// <code>Get-RunctlTrainingLog $run -Follow</code>
/// <para>Shows the output so far, and what comes, over all resumes, until the run ends.</para>
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

    /// <summary>Only what was printed since a time, or in the last 10m, 2h ... Log lines carry no timestamps. Runctl records the time on the instance every two seconds, and with each upload to S3, at least every five minutes. So you may see some minutes more than you asked for, and more after an outage, but never less.</summary>
    [Parameter]
    [Moment]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Continues until the run has ended, also on other instances; with -Attempt until that attempt has. Ctrl+C ends the reading, not the training.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Shows all attempts of the run one after the other, not only the newest.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Shows this attempt alone, by its number from 1. Default: the newest, and with -Follow those that come after it.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Attempt { get; set; }

    /// <summary>How often to ask while following and nothing is new; after something new in half of it. Each time is one request to S3.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachTrainingAsync(async (scope, training) =>
    {
        training = Attempt is { } number ? await new RunFinder(scope.Cloud, scope.Configuration, TimeProvider.System).GetAttemptAsync(training, number, StopToken) : training;
        var log = new TrainingLog(scope.Cloud, scope.Configuration, TimeProvider.System);
        var options = new LogOptions { Tail = Tail, Since = Since, Follow = Follow, All = All, Attempt = Attempt, PollInterval = PollInterval };
        await foreach (var line in log.ReadAsync(training, options, Progress, Warn, StopToken))
        {
            WriteObject(line);
        }
    });
}
