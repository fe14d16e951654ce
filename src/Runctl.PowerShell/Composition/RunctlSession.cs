using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using Runctl.Instances;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Jobs;
using Runctl.PowerShell.Monitoring;
using Runctl.PowerShell.Sandboxes;
using Runctl.Resuming;
using Runctl.Training;

namespace Runctl.PowerShell.Composition;

/// <summary>What the module keeps for one PowerShell session (a runspace): connections, monitors, the sandbox in use, and what was seen.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "The session ends its pool when the module is removed.")]
internal sealed class RunctlSession
{
    private static readonly ConditionalWeakTable<Runspace, RunctlSession> Sessions = [];

    private readonly CloudPool _clouds = new(connection => AdaptersLoader.Adapters.Connect(connection));
    private readonly ConcurrentDictionary<ICloud, Lazy<InstanceMonitor>> _monitors = new();
    private readonly ConcurrentBag<(ICloud Cloud, AutoResumer Resumer)> _resumers = [];
    private readonly ConcurrentDictionary<RunctlJob, bool> _jobs = new();
    private readonly ConcurrentDictionary<RunctlMonitorJob, bool> _monitorJobs = new();
    private readonly Lazy<IDisposable> _held;
    private readonly ConcurrentDictionary<(string RunId, int Attempt), LaunchRequest> _runs = new();
    private readonly ConcurrentDictionary<string, LaunchRequest> _launches = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RunCell> _cells = new(StringComparer.Ordinal);

    private RunctlSession() => _held = new(() => BackgroundWork.Hold(() => EndResumesAsync(_ => true)));

    /// <summary>Runs and instances this session has seen, for completion.</summary>
    public KnownTargets Known { get; } = new();

    /// <summary>The session of the calling thread's runspace, or null outside one.</summary>
    public static RunctlSession? OfThread => Runspace.DefaultRunspace is { } runspace ? Sessions.GetValue(runspace, Begin) : null;

    /// <summary>The session of the calling thread's runspace.</summary>
    public static RunctlSession Current => OfThread
        ?? throw new InvalidOperationException("Runctl was called outside a PowerShell session.");

    /// <summary>Lets a runspace that works for this session, a job's, share what the session has.</summary>
    public void Adopt(Runspace runspace) => Sessions.Add(runspace, this);

    /// <summary>Keeps a job, to end it with the session.</summary>
    public void Keep(RunctlJob job) => Keep(job, _jobs);

    /// <summary>Keeps a monitor job, to warn of a run that nothing resumes after the session.</summary>
    public void Keep(RunctlMonitorJob job) => Keep(job, _monitorJobs);

    /// <summary>The connection for these settings; the same one for what comes to the same.</summary>
    public ICloud Connect(CloudConnection connection) => _clouds.Connect(connection);

    /// <summary>The one monitor of a connection.</summary>
    public InstanceMonitor MonitorFor(ICloud cloud) =>
        _monitors.GetOrAdd(cloud, static key => new Lazy<InstanceMonitor>(() => new InstanceMonitor(key, TimeProvider.System))).Value;

    /// <summary>Keeps what resumes runs, so that a resume that is under way is undone before its connection ends.</summary>
    public AutoResumer Keep(ICloud cloud, AutoResumer resumer)
    {
        _resumers.Add((cloud, resumer));
        _ = _held.Value;
        return resumer;
    }

    /// <summary>Remembers what an instance was launched from, so that a replacement can be.</summary>
    public void Remember(RunctlInstance instance, LaunchRequest request)
    {
        _launches[instance.InstanceId] = request;
        Known.Add(instance);
    }

    /// <summary>Remembers a run, and what this session launched it from.</summary>
    /// <returns>The run with what its instance was launched from, where this session knows it.</returns>
    public RunctlTraining Remember(RunctlTraining training)
    {
        Known.Add(training);
        if (training.Launch is { } launch)
        {
            _runs[(training.RunId, training.Attempt)] = launch;
        }

        var cell = CellOf(training.RunId);
        cell.See(training.Attempt, training.InstanceId, training.State);
        return training.With(copy =>
        {
            copy.Launch = training.Launch ?? _runs.GetValueOrDefault((training.RunId, training.Attempt));
            copy.Cell = cell;
        });
    }

    /// <summary>What this session knows of a run now.</summary>
    public RunCell CellOf(string runId) => _cells.GetOrAdd(runId, static id => new RunCell(id));

    /// <summary>Has a run stopped, and leaves it to its user: no monitor of this session resumes it any more, and what a resume has launched is removed. If the stop fails it is resumed as before.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="stop">Stops it; called on any thread.</param>
    public Task LeaveAsync(string runId, Func<Task> stop) =>
        _resumers.Aggregate(stop, (inner, kept) => () => kept.Resumer.LeaveAsync(runId, inner))();

    /// <summary>What an instance was launched from, or null where another session did it.</summary>
    public LaunchRequest? LaunchOf(string instanceId) => _launches.GetValueOrDefault(instanceId);

    /// <summary>Ends the monitors of an endpoint, before it goes: their jobs are told, instead of asking it for ever.</summary>
    public async Task EndMonitorsAsync(Uri endpoint)
    {
        await EndResumesAsync(cloud => cloud.Connection.EndpointUrl == endpoint).ConfigureAwait(false);
        foreach (var cloud in _monitors.Keys.Where(c => c.Connection.EndpointUrl == endpoint))
        {
            if (_monitors.TryRemove(cloud, out var monitor) && monitor.IsValueCreated)
            {
                await monitor.Value.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Begins to end what the session holds: its sandboxes, monitors and connections. Nobody can wait for it.</summary>
    public void End()
    {
        var jobs = _jobs.Keys.ToList();
        foreach (var monitor in _monitorJobs.Keys)
        {
            monitor.WarnOfEnd();
        }

        BackgroundWork.Track(
            Task.Run(async () =>
            {
                await Task.WhenAll(jobs.Select(job => job.EndAsync()));
                // A command that was stopped may still be undoing, over the connections, what it did.
                await CloseAsync(BackgroundWork.SettleCommandsAsync());
                await RunningSandboxes.StopAsync(this);
            }),
            isCostly: !_resumers.IsEmpty || jobs.Count > 0,
            isEndOfSession: true);
    }

    private static void Keep<T>(T job, ConcurrentDictionary<T, bool> kept)
        where T : Job
    {
        kept[job] = true;
        job.StateChanged += (_, change) =>
        {
            if (change.JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped)
            {
                kept.TryRemove(job, out var _);
            }
        };
    }

    // A session can end without the module being removed from it.
    private static RunctlSession Begin(Runspace runspace)
    {
        var session = new RunctlSession();
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                session.End();
            }
        };
        return session;
    }

    private Task EndResumesAsync(Func<ICloud, bool> which) =>
        Task.WhenAll(_resumers.Where(kept => which(kept.Cloud)).Select(kept => kept.Resumer.DisposeAsync().AsTask()));

    private async Task CloseAsync(Task commands)
    {
        await EndResumesAsync(_ => true).ConfigureAwait(false);
        await commands.ConfigureAwait(false);
        foreach (var monitor in _monitors.Values.Where(lazy => lazy.IsValueCreated))
        {
            await monitor.Value.DisposeAsync().ConfigureAwait(false);
        }

        _monitors.Clear();
        if (_held.IsValueCreated)
        {
            _held.Value.Dispose();
        }

        _clouds.Dispose();
    }
}
