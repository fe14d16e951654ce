using System.Globalization;
using System.Management.Automation;
using Runctl.Drills;
using Runctl.Events;
using Runctl.Instances;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Training;
using Runctl.PowerShell.Views;
using Runctl.Training;

namespace Runctl.PowerShell.Drills;

/// <summary>Interrupts a running training as a spot interruption would, and reports whether anything was lost. A sandbox really takes the instance; AWS is not asked to.</summary>
/// <remarks>The events come as information (show them with -InformationAction Continue) and the detection as a warning, as they happen. On AWS the guard is told to act as if a notice had come; in a sandbox a real notice is raised and the instance is taken at the deadline.</remarks>
/// <example>
/// <code>$report = Invoke-RunctlInterruptionDrill $run -Window 2m; $report.StepsLost</code>
/// <para>Rehearses an interruption of two minutes.</para>
/// </example>
/// <example>
/// <code>Invoke-RunctlInterruptionDrill $run -Window 30s -InformationAction Continue</code>
/// <para>Shows the events while a short drill runs.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "RunctlInterruptionDrill", SupportsShouldProcess = true, DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlDrillReport))]
public sealed class InvokeRunctlInterruptionDrillCommand : TrainingTargetCmdlet
{
    private static readonly string[] Tags = ["Runctl"];

    /// <summary>Time from the notice to the end of the instance; AWS gives two minutes.</summary>
    [Parameter]
    [Duration("2s", "1h")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often to ask the guard what has happened.</summary>
    [Parameter]
    [Duration("100ms", "5m")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachPlacedTrainingAsync(async (scope, training) =>
    {
        RequireAttempt(training);
        if (!ShouldProcess($"{training.RunId} on {training.InstanceId}", await DescribeAsync(scope, training)))
        {
            return;
        }

        var drill = new InterruptionDrill(scope.Cloud, scope.Configuration, TimeProvider.System);

        // Made here, it reports on this thread, in order.
        var events = new Progress<RunctlEvent>(Show);
        WriteObject(await drill.RunAsync(training, Window, PollInterval, events, StopToken));
    });

    /// <summary>What is done, for the confirmation: what becomes of the run, and which other trainings the drill takes.</summary>
    private async Task<string> DescribeAsync(CommandScope scope, RunctlTraining training)
    {
        var after = training.Cell is { IsResumed: true } ? RunOutlook.ByThisSession : "this session does not resume it";
        var others = await FindOthersAsync(scope, training);
        var taken = others.Count == 0 ? "" : $"; the sandbox takes the instance, and with it the training of {string.Join(", ", others)}";
        return string.Create(CultureInfo.InvariantCulture, $"Interrupt the training as EC2 would, {Window.TotalSeconds:0.###} s from notice to deadline; {after} afterwards{taken}");
    }

    /// <summary>The other runs that train on the instance, where the drill takes it: on AWS only the guard of the one run acts.</summary>
    private async Task<IReadOnlyList<string>> FindOthersAsync(CommandScope scope, RunctlTraining training) =>
        await scope.Cloud.FindSandboxAsync(StopToken) is not null && await scope.Cloud.FindOneAsync(training.InstanceId, StopToken) is { } instance
            ? [.. (await new InstancePower(scope.Cloud, scope.Configuration, TimeProvider.System).FindTrainingsAsync(instance, StopToken)).Select(other => other.RunId).Where(id => id != training.RunId)]
            : [];

    private void Show(RunctlEvent happened)
    {
        if (happened.Kind == EventKinds.InterruptionDetected)
        {
            WriteWarning(RunctlEvent.FirstLine(happened.Message));
            WriteInformation(ViewText.OtherLines(happened.Message), Tags);
        }
        else
        {
            WriteInformation(happened, Tags);
        }
    }
}
