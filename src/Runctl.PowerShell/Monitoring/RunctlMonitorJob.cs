using System.Management.Automation;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.PowerShell.Engine;
using Runctl.Resuming;
using Runctl.Telling;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Monitoring;

/// <summary>Monitors one run in the background of a session: its events are the job's output. Losing it loses nothing, the guard is on the instance.</summary>
public sealed class RunctlMonitorJob : Job, IMonitorObserver, ICommandLog
{
    private readonly object _gate = new();
    private readonly RunCell? _cell;
    private volatile string _location;
    private volatile IAsyncDisposable? _watch;
    private volatile bool _ended;
    private volatile string? _last;

    private RunctlMonitorJob(RunctlTraining training)
        : base($"Watch-RunctlSpotInterruption -RunId {training.RunId}", NameOf(training.RunId))
    {
        RunId = training.RunId;
        _location = training.InstanceId;
        _cell = training.Cell;
        PSJobTypeName = "RunctlMonitor";
    }

    /// <summary>The run that is monitored.</summary>
    public string RunId { get; }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count + Warning.Count + Error.Count + Verbose.Count > 0;

    /// <summary>The instance the run is on; another one once it was resumed.</summary>
    public override string Location => _location;

    /// <inheritdoc/>
    public override string StatusMessage => JobStateInfo.State != JobState.Running ? $"{RunId} on {Location}: {JobStateInfo.State}"
        : $"{RunId} on {Location}: {_last ?? "waiting for events"}{(IsResuming ? "; resumes it when it is interrupted" : "")}";

    /// <summary>Whether the job resumes the run when it is interrupted now.</summary>
    internal bool IsResuming => !_ended && _watch is ResumingWatch { WillResume: true };

    /// <summary>Warns the user although the job has ended.</summary>
    internal Action<string>? Warn { get; set; }

    /// <summary>Starts to monitor; with a resumer the run is resumed when it is interrupted.</summary>
    internal static RunctlMonitorJob Start(InstanceMonitor monitor, MonitorTarget target, AutoResumer? resumer = null)
    {
        var job = new RunctlMonitorJob(target.Training);
        job.SetJobState(JobState.Running);
        // What is decided while the run is watched is the job's, not the command's that started it.
        using var log = CommandLog.Use(job);
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
        WarnOfEnd();
        Stop();
    }

    /// <summary>Warns if the job is to resume the run, which it will not do any more. A run that is over needs no resume.</summary>
    internal void WarnOfEnd()
    {
        if (IsResuming && _cell?.IsOver != true)
        {
            Warn?.Invoke($"Nothing resumes run {RunId} any more when it is interrupted. Watch-RunctlSpotInterruption {RunId} -AutoResume -AsJob watches it again; after an interruption: Resume-RunctlTraining {RunId}.");
        }
    }

    private void Stop()
    {
        if (End())
        {
            SetJobState(JobState.Stopped);
            EndWatch();
        }
    }

    /// <inheritdoc/>
    void IMonitorObserver.OnEvent(RunctlEvent runctlEvent) => Write(() =>
    {
        _last = runctlEvent.Message.Split('\n')[0];
        EventOutput.Write(runctlEvent, WriteWarning, Output.Add);
    });

    /// <inheritdoc/>
    void IMonitorObserver.OnWarning(string message) => Write(() => WriteWarning(message));

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
    void IMonitorObserver.OnStopped() => Stop();

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

    /// <inheritdoc/>
    void ICommandLog.Decided(string message) => Write(() => Verbose.Add(new VerboseRecord(message)));

    /// <inheritdoc/>
    void ICommandLog.Waits(ServiceRetry retry) => Write(() => Verbose.Add(new VerboseRecord($"{retry}.")));

    /// <inheritdoc/>
    void ICommandLog.Called(ServiceCall answered)
    {
        // A job that lives for weeks would hold a line for every call that a resume makes; its decisions are enough.
    }

    /// <summary>The last part of a run's id tells runs apart, also where a table shows 15 characters.</summary>
    private static string NameOf(string runId) => $"Runctl:{runId[(runId.LastIndexOf('-') + 1)..]}";

    private void WriteWarning(string message) => Warning.Add(new WarningRecord(message));

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
            BackgroundWork.Track(Task.Run(async () => await watch.DisposeAsync()), isCostly: watch is ResumingWatch);
        }
    }
}
