using System.Management.Automation;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Shows what trainings printed, from their instances, or from S3 once those are gone.</summary>
/// <example>
/// <code>Get-RunctlTrainingLog $run -Follow</code>
/// <para>Shows the output so far, and what comes, until the training ends.</para>
/// </example>
/// <example>
/// <code>Get-RunctlTrainingLog -InstanceId i-0123456789abcdef0 -Tail 20</code>
/// <para>Shows the last lines of the training on an instance.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlTrainingLog", DefaultParameterSetName = TrainingSet)]
[OutputType(typeof(string))]
public sealed class GetRunctlTrainingLogCommand : TrainingTargetCmdlet
{
    /// <summary>Only the last so many lines of what is there now.</summary>
    [Parameter]
    [Alias("Last")]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Goes on until the training has ended; Ctrl+C ends the reading, not the training.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>How often to ask while following.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachTrainingAsync(async (scope, training) =>
    {
        var log = new TrainingLog(scope.Cloud, scope.Configuration, TimeProvider.System);
        await foreach (var line in log.ReadAsync(training, Tail, Follow, PollInterval, StopToken))
        {
            WriteObject(line);
        }
    });
}
