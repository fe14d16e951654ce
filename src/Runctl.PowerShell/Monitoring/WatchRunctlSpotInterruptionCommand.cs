using System.Management.Automation;
using System.Threading.Channels;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Training;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Monitoring;

/// <summary>Shows what happens to trainings as it happens, until they have ended on their instances; Start-RunctlTraining does this by a job of its own.</summary>
/// <remarks>When it detects an interruption, the cmdlet writes a warning and then an event object.</remarks>
/// <example>
/// <code>$run | Watch-RunctlSpotInterruption</code>
/// <para>Shows events until the training has ended on its instance.</para>
/// </example>
/// <example>
/// <code>Watch-RunctlSpotInterruption -InstanceId i-0123456789abcdef0 -AsJob | Receive-Job -Wait</code>
/// <para>The same by a job.</para>
/// </example>
/// <example>
/// <code>Watch-RunctlSpotInterruption -InstanceId i-0123456789abcdef0 -ProcessName '*train.py*' -CheckpointDirectory /home/ubuntu/project/checkpoints -S3Bucket my-bucket</code>
/// <para>Has a training guarded that was started by other means, and watches it.</para>
/// </example>
[Cmdlet(VerbsCommon.Watch, "RunctlSpotInterruption", DefaultParameterSetName = RunSet, SupportsShouldProcess = true)]
[OutputType(typeof(RunctlEvent), typeof(RunctlMonitorJob))]
public sealed partial class WatchRunctlSpotInterruptionCommand : TrainingTargetCmdlet
{
    private readonly Channel<MonitorNote> _notes = Channel.CreateUnbounded<MonitorNote>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<IAsyncDisposable> _watches = [];
    private string? _lastWarning;
    private bool _resumes;

    /// <summary>How often to ask. Default: <c>poll_interval</c> in .runctl.toml, then 30 s.</summary>
    [Parameter]
    [Duration("100ms", "1h")]
    public TimeSpan? PollInterval { get; set; }

    /// <summary>
    /// Resumes a run on a replacement when it is interrupted, as long as this session lives. One whose interruption was long before is left as it is, with a warning.
    /// Default: <c>auto_resume</c> in .runctl.toml.
    /// </summary>
    [Parameter]
    public SwitchParameter AutoResume { get; set; }

    /// <inheritdoc/>
    private protected override bool IsCostly => _resumes;

    // Its jobs share the session's monitor: one for each training.
    /// <inheritdoc/>
    private protected override bool StartsJob => false;

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.PollInterval)] = PollInterval;
        settings[nameof(RunctlConfiguration.AutoResume)] = IsBound(nameof(AutoResume)) ? AutoResume.IsPresent : null;
        AddAttachSettings(settings);
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ProcessesNamed > 0 ? AttachAsync(WatchAsync) : ForEachPlacedTrainingAsync(WatchAsync);

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        try
        {
            for (var left = _watches.Count; left > 0;)
            {
                var note = await _notes.Reader.ReadAsync(StopToken);
                left -= note is { Ended: null, IsStopped: false } ? 0 : 1;
                Show(note);
            }
        }
        finally
        {
            await EndWatchesAsync();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _watches.Count > 0)
        {
            BackgroundWork.Track(EndWatchesAsync(), _resumes);
        }

        base.Dispose(disposing);
    }

    private Task WatchAsync(CommandScope scope, RunctlTraining training)
    {
        var monitor = Session.MonitorFor(scope.Cloud);
        var target = new MonitorTarget(training, scope.Configuration.PollInterval);
        if (!AutoResume && ProcessesNamed == 0 && scope.Configuration is { AutoResume: true, S3Bucket: null })
        {
            WriteWarning(AutoResumeCheck.Warning(RunctlErrors.AutoResumeNeedsBucket()));
            scope = scope with { Configuration = scope.Configuration with { AutoResume = false } };
        }

        var resumer = Resumers.For(scope, WarnAfterStop(), mayResume: ProcessesNamed == 0);
        if (resumer is not null && !ShouldProcess($"Run {training.RunId} on {training.InstanceId}", "Resume automatically when it is interrupted"))
        {
            return Task.CompletedTask;
        }

        if (AsJob)
        {
            var job = RunctlMonitorJob.Start(monitor, target, resumer);
            job.Name = JobName ?? job.Name;
            AddJob(job);
            WriteObject(job);
        }
        else
        {
            var taker = new ChannelObserver(_notes.Writer);
            _resumes |= resumer is not null;
            _watches.Add(resumer is null ? monitor.Watch(target, taker) : resumer.Watch(monitor, target, taker));
        }

        return Task.CompletedTask;
    }

    private void Show(MonitorNote note)
    {
        // What concerns all trainings comes from each of them.
        if (note.Warning is { } warning && warning != _lastWarning)
        {
            _lastWarning = warning;
            WriteWarning(warning);
        }

        if (note.Event is { } happened)
        {
            EventOutput.Write(happened, WriteWarning, WriteObject);
        }

        if (note.Ended is { State: RunStates.Lost } lost)
        {
            WriteError(CommandErrors.MonitorLostRun(lost.RunId, lost.InstanceId));
        }
    }

    private async Task EndWatchesAsync()
    {
        IAsyncDisposable[] watches = [.. _watches];
        _watches.Clear();
        await Task.WhenAll(watches.Select(watch => watch.DisposeAsync().AsTask())).ConfigureAwait(false);
    }
}
