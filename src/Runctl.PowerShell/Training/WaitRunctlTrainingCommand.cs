using System.Management.Automation;
using Runctl.Pacing;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Waits until trainings have ended on their instances; the exit code is in what it returns.</summary>
/// <remarks>The cmdlet returns the training in its final state. Ctrl+C and -Timeout end the wait, not the training.</remarks>
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
    protected override Task ProcessAsync() => ForEachPlacedTrainingAsync(async (scope, training) =>
    {
        using var limit = new TimeLimit(Timeout, TimeProvider.System, StopToken);

        try
        {
            var catalog = new TrainingCatalog(scope.Cloud, scope.Configuration, TimeProvider.System);
            WriteObject(Session.Remember(await catalog.WaitAsync(training, PollInterval, Progress, limit.Token)));
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested && !StopToken.IsCancellationRequested)
        {
            throw CommandErrors.WaitTimedOut(training.RunId, Timeout!.Value);
        }
    });
}
