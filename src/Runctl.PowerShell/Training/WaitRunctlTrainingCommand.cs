using System.Management.Automation;
using Runctl.Pacing;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Waits for the end of runs, through their resumes; the exit code is in what it returns.</summary>
/// <remarks>
/// The state that is returned is that of the run: finished, failed, stopped or lost. An interruption is not the end as long as something continues the run. That
/// is a monitor of this session, a claim of another session, a guard whose notice may be withdrawn, or an instance that EC2 starts again. The cmdlet waits five
/// minutes for another session to claim the run. If none does, a warning says so, and the state is interrupted. The exit code is null unless the script itself
/// has ended. Ctrl+C and -Timeout end the wait, not the training.
/// </remarks>
/// <example>
/// <code>($run | Wait-RunctlTraining -Timeout 6h).ExitCode</code>
/// <para>Waits for the end of the run, six hours at most, and shows the exit code of its script.</para>
/// </example>
/// <example>
/// <code>$run | Wait-RunctlTraining -Timeout 6h | Format-List State, ExitCode, Step</code>
/// <para>Waits up to six hours, then shows how the training ended.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Wait, "RunctlTraining", DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlTraining))]
public sealed class WaitRunctlTrainingCommand : TrainingTargetCmdlet
{
    /// <summary>Longest wait for a training; it goes on when the wait is over. Default: no limit.</summary>
    [Parameter]
    [Duration("0s", "365d")]
    public TimeSpan? Timeout { get; set; }

    /// <summary>How often to ask.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachTrainingAsync(async (scope, training) =>
    {
        using var limit = new TimeLimit(Timeout, TimeProvider.System, StopToken);

        try
        {
            var control = new RunControl(scope.Cloud, TimeProvider.System);
            WriteObject(Session.Remember(await control.WaitAsync(training, PollInterval, Warn, Progress, limit.Token)));
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested && !StopToken.IsCancellationRequested)
        {
            throw CommandErrors.WaitTimedOut(training.RunId, Timeout!.Value);
        }
    });
}
