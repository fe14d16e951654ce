using System.Management.Automation;
using Runctl.Instances;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Stops runs for good: their trainings save, the checkpoint is checked and uploaded as at an interruption, and nothing resumes them.</summary>
/// <remarks>
/// The newest attempt is stopped, on whatever instance it is. A resume that is under way is taken back, and what it launched is removed. No session and no guard
/// resumes the run afterwards; Resume-RunctlTraining does. With -RemoveInstance the instance is terminated once the checkpoint is safe.
/// </remarks>
/// <example>
/// <code>Stop-RunctlTraining $run -GracePeriod 2m</code>
/// <para>Gives the training two minutes to save.</para>
/// </example>
/// <example>
/// <code>Stop-RunctlTraining $run -RemoveInstance</code>
/// <para>Stops the run, and terminates the instance that it is on now.</para>
/// </example>
/// <example runs="true">
/// <code>Get-RunctlTraining | Where-Object State -eq running | Stop-RunctlTraining -WhatIf</code>
/// <para>Lists the trainings that would stop.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "RunctlTraining", SupportsShouldProcess = true, DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlTraining))]
public sealed class StopRunctlTrainingCommand : TrainingTargetCmdlet
{
    /// <summary>Longest wait for the training to save after the signal. Default: <c>grace_period</c> in .runctl.toml, then 90 s.</summary>
    [Parameter]
    [Duration("1s", "1h")]
    public TimeSpan? GracePeriod { get; set; }

    /// <summary>Terminates the instance of the run when its checkpoint is safe. An instance that Runctl did not launch, or on which another training runs, is left alone.</summary>
    [Parameter]
    public SwitchParameter RemoveInstance { get; set; }

    /// <summary>With -RemoveInstance: removes the instance also if the newest checkpoint of the run is on its disk only. Other trainings on it save and end first; the instance stays if the checkpoint of one of those is not safe.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachTrainingAsync(async (scope, training) =>
    {
        var place = training.InstanceId.Length > 0 ? $" on {training.InstanceId}" : "";
        if (!ShouldProcess($"{training.RunId}{place} ({training.Script})", await DescribeAsync(scope, training)))
        {
            return;
        }

        var warnAfterStop = WarnAfterStop();
        var stopped = training;
        try
        {
            var control = new RunControl(scope.Cloud, TimeProvider.System);
            await Session.LeaveAsync(training.RunId, async () => stopped = await control.StopAsync(training, GracePeriod ?? scope.Configuration.GracePeriod, Warn, StopToken));
            stopped = Session.Remember(stopped);
            WriteObject(stopped);
            if (RemoveInstance && stopped.InstanceId.Length > 0)
            {
                await new RunRemoval(scope.Cloud, scope.Configuration, TimeProvider.System).RemoveAsync(stopped, Force, Warn, StopToken);
            }
        }
        catch (Exception e) when ((e is OperationCanceledException or PipelineStoppedException or FlowControlException) && RemoveInstance && stopped.InstanceId.Length > 0)
        {
            // The pipeline was stopped, by Ctrl+C or by a command that takes no more of it.
            warnAfterStop($"Instance {stopped.InstanceId} of run {stopped.RunId} is not removed, because the command was stopped; it costs money until it is. After the training has saved: Remove-RunctlInstance {stopped.InstanceId}");
            throw;
        }
    });

    /// <summary>What is done, for the confirmation: of an instance that goes, what it is and what it costs.</summary>
    private async Task<string> DescribeAsync(CommandScope scope, RunctlTraining training)
    {
        // Between two attempts there is no training to stop: the resume is what ends.
        var stop = training.StateReason is { } reason ? $"End the run, although {reason}: take the resume back, and remove what it has launched"
            : training is { State: RunStates.Claimed, Attempt: > 1 } ? "End the run: take its resume back, and remove what the resume has launched"
            : RunStates.IsCutOff(training.State) ? $"End the run, which is {training.State}: no session and no guard resumes it afterwards"
            : training.AttemptHasEnded ? $"Leave the training as it is, since it has ended ({training.State})"
            : "Stop the training after it has saved";
        if (!RemoveInstance || training.InstanceId.Length == 0)
        {
            return stop;
        }

        var instance = await new RunRemoval(scope.Cloud, scope.Configuration, TimeProvider.System).DescribeAsync(training.InstanceId, StopToken);
        return $"{stop}, and terminate {instance}; what is only on its disk is lost";
    }
}
