using System.Management.Automation;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.PowerShell.Engine;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Monitoring;

/// <summary>Monitors one run in the background of a session: its events are the job's output. Losing it loses nothing, the guard is on the instance.</summary>
public sealed class RunctlMonitorJob : Job, IMonitorObserver
{
    private readonly object _gate = new();
    private readonly bool _resumes;
    private volatile string _location;
    private IAsyncDisposable? _watch;
    private bool _ended;

    private RunctlMonitorJob(RunctlTraining training, bool resumes)
        : base($"Watch-RunctlSpotInterruption -RunId {training.RunId}", $"Runctl:{training.RunId}")
    {
        RunId = training.RunId;
        _location = training.InstanceId;
        _resumes = resumes;
        PSJobTypeName = "RunctlMonitorJob";
    }

    /// <summary>The run that is monitored.</summary>
    public string RunId { get; }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Warning.Count > 0 || Error.Count > 0;

    /// <summary>The instance the run is on; another one once it was resumed.</summary>
    public override string Location => _location;

    /// <inheritdoc/>
    public override string StatusMessage => $"{RunId} on {Location}: {JobStateInfo.State}";

    /// <summary>Starts to monitor; with a resumer the run is resumed when it is interrupted.</summary>
    internal static RunctlMonitorJob Start(InstanceMonitor monitor, MonitorTarget target, AutoResumer? resumer = null)
    {
        var job = new RunctlMonitorJob(target.Training, resumer is not null);
        job.SetJobState(JobState.Running);
        var watch = resumer is null ? monitor.Watch(target, job) : resumer.Watch(monitor, target, job);
        lock (job._gate)
        {
            job._watch = watch;
            if (!job._ended)
            {
                return job;
            }
        }

        job.EndWatch();
        return job;
    }

    /// <inheritdoc/>
    public override void StopJob()
    {
        if (End())
        {
            SetJobState(JobState.Stopped);
            EndWatch();
        }
    }

    /// <inheritdoc/>
    void IMonitorObserver.OnEvent(RunctlEvent runctlEvent) => Write(() => EventOutput.Write(runctlEvent, Warn, Output.Add));

    /// <inheritdoc/>
    void IMonitorObserver.OnWarning(string message) => Write(() => Warn(message));

    /// <inheritdoc/>
    void IMonitorObserver.OnEnded(RunctlTraining training)
    {
        var lost = training.State == RunStates.Lost;
        if (lost)
        {
            Write(() => Error.Add(ErrorRecords.From(CommandErrors.MonitorLostRun(training.RunId, training.InstanceId))));
        }

        if (End())
        {
            SetJobState(lost ? JobState.Failed : JobState.Completed);
            EndWatch();
        }
    }

    /// <inheritdoc/>
    void IMonitorObserver.OnResumed(RunctlTraining training) => _location = training.InstanceId;

    /// <inheritdoc/>
    void IMonitorObserver.OnStopped() => StopJob();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && End())
        {
            SetJobState(JobState.Stopped);
            EndWatch();
        }

        base.Dispose(disposing);
    }

    private void Warn(string message) => Warning.Add(new WarningRecord(message));

    // Records come from the monitor's thread; none may follow the final state.
    private void Write(Action write)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                write();
            }
        }
    }

    private bool End()
    {
        lock (_gate)
        {
            return !_ended && (_ended = true);
        }
    }

    // The watch may be waiting for the very call that ended it, so nobody waits for the watch here.
    private void EndWatch()
    {
        IAsyncDisposable? watch;
        lock (_gate)
        {
            watch = _watch;
            _watch = null;
        }

        if (watch is not null)
        {
            BackgroundWork.Track(Task.Run(async () => await watch.DisposeAsync()), _resumes);
        }
    }
}
