using System.Management.Automation;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Stops trainings gracefully: they save, and the checkpoint is checked and uploaded, as at an interruption.</summary>
/// <remarks>The processes that train get the stop signal, and the guard waits until they have saved. The instance continues to run and to cost; Remove-RunctlInstance removes it.</remarks>
/// <example>
/// <code>Stop-RunctlTraining $run -GracePeriod 2m</code>
/// <para>Gives the training two minutes to save.</para>
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

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachPlacedTrainingAsync(async (scope, training) =>
    {
        if (ShouldProcess($"{training.RunId} on {training.InstanceId} ({training.Script})", "Stop the training after it has saved"))
        {
            var catalog = new TrainingCatalog(scope.Cloud, scope.Configuration, TimeProvider.System);
            WriteObject(await catalog.StopAsync(training, GracePeriod ?? scope.Configuration.GracePeriod, StopToken));
        }
    });
}
