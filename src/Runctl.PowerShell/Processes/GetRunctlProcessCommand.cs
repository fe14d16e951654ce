using System.Management.Automation;
using Runctl.Errors;
using Runctl.Processes;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Training;
using Runctl.PowerShell.Views;

namespace Runctl.PowerShell.Processes;

/// <summary>Shows the processes of a training, or of all trainings of an instance: processor, memory and GPU memory. In detail the machine too: its memory, GPUs and disks, and what it was told of interruptions.</summary>
/// <remarks>What is not known is empty, never 0: an instance without nvidia-smi, or with one that fails, has no figures of GPUs.</remarks>
/// <example runs="true">
/// <code>Get-RunctlProcess $run</code>
/// <para>Shows the processes of a training.</para>
/// </example>
/// <example>
/// <code>Get-RunctlProcess i-0123456789abcdef0 -Detailed</code>
/// <para>Shows what the trainings on an instance take of it, and the interruption events.</para>
/// </example>
/// <example>
/// <code>$run | Get-RunctlProcess -Detailed -Follow</code>
/// <para>Shows it again every five seconds until the training has ended.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlProcess", DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlProcess), typeof(RunctlInstanceUsage))]
public sealed class GetRunctlProcessCommand : TrainingTargetCmdlet
{
    private ScreenRefresh? _screen;

    /// <summary>Shows the machine too: memory, GPUs, disks, a notice that stands, and the newest events of interruptions. They can be seen after the instance is gone where the training has a bucket.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Shows it again and again until the training has ended, or all trainings of the instance have. On a terminal each answer replaces the one before; in a pipeline, a variable or a file all of them arrive as objects. Ctrl+C ends the command, not the training.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>How often to ask while following.</summary>
    [Parameter]
    [Duration("1s", "1h")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        // An instance is asked as it is: it need not have a training any more.
        await ForEachPlaceAsync(Targets.Where(target => target.InstanceId is not null), async (scope, here) =>
        {
            var catalog = new ProcessCatalog(scope.Cloud, TimeProvider.System);
            foreach (var instance in here.Select(target => target.InstanceId!).Distinct(StringComparer.Ordinal))
            {
                await ForTargetAsync(instance, () => ShowAsync(() => catalog.ReadAsync(instance, Detailed, StopToken)));
            }
        });
        await ForEachPlacedTrainingAsync(Targets.Where(target => target.InstanceId is null), (scope, training) =>
        {
            // What its last instance was told of the interruption is worth a look all the same.
            if (!Detailed)
            {
                RequireAttempt(training);
            }
            else if (training is { AttemptHasEnded: true, StateReason: { } reason })
            {
                WriteWarning(CommandErrors.RunBetweenAttempts(training, reason).Message);
            }

            var catalog = new ProcessCatalog(scope.Cloud, TimeProvider.System);
            return ShowAsync(() => catalog.ReadAsync(training, Detailed, StopToken));
        });
    }

    private async Task ShowAsync(Func<Task<RunctlInstanceUsage>> read)
    {
        _screen ??= Follow && ScreenOutput.IsTerminal(this) ? new ScreenRefresh(Host, InvokeCommand) : null;
        while (true)
        {
            if (await TryReadAsync(read) is { } usage)
            {
                Write(usage);
                if (!Follow || usage.ActiveTrainings is null or 0)
                {
                    return;
                }
            }

            await Task.Delay(PollInterval, StopToken);
        }
    }

    private async Task<RunctlInstanceUsage?> TryReadAsync(Func<Task<RunctlInstanceUsage>> read)
    {
        try
        {
            return await read();
        }
        catch (RunctlException e) when (Follow && e.IsTransient)
        {
            WriteVerbose(e.Message);
            return null;
        }
    }

    private void Write(RunctlInstanceUsage usage)
    {
        if (usage.Omitted > 0)
        {
            WriteWarning($"{usage.Omitted} more processes are not shown: one answer of {usage.InstanceId} does not hold them.");
        }

        IReadOnlyList<object> shown = Detailed ? [usage] : usage.Processes;
        if (_screen is not null)
        {
            _screen.Show(shown);
            return;
        }

        foreach (var one in shown)
        {
            WriteObject(one);
        }
    }
}
