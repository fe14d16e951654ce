using System.ComponentModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Jobs;

/// <summary>
/// Does the work of a Runctl command in the background: the command runs, by its name and with the user's own objects, in a runspace that shares the session's
/// connections, monitors and sandboxes. Its streams are the job's.
/// </summary>
public sealed class RunctlJob : Job2
{
    private static readonly ConditionalWeakTable<Runspace, RunctlJob> Jobs = [];

    // The engine's first runspaces of a process may get no drives when they are opened at the same time.
    private static readonly object Opening = new();

    private readonly JobWork _work;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _gate = new();
    private System.Management.Automation.PowerShell? _shell;
    private bool _isStopped;
    private volatile string? _doing;
    private volatile string? _failure;

    internal RunctlJob(JobWork work, string? name, Action<string> warn, JobRepository repository)
        : base(work.Command.Name, name)
    {
        _work = work;
        Warn = warn;
        Repository = repository;
        Name = name ?? $"Runctl:{work.Command.Verb}{Id}";
        PSJobTypeName = "RunctlJob";
        Progress.DataAdded += OnProgress;
    }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count > 0;

    /// <summary>This machine.</summary>
    public override string Location => "localhost";

    /// <summary>What the job does now, or how it ended.</summary>
    public override string StatusMessage => IsOver ? _failure ?? JobStateInfo.State.ToString() : _doing ?? JobStateInfo.State.ToString();

    /// <summary>The job whose work the calling thread does, or null.</summary>
    internal static RunctlJob? Current => Runspace.DefaultRunspace is { } runspace && Jobs.TryGetValue(runspace, out var job) ? job : null;

    /// <summary>Warns the user although the job has ended.</summary>
    internal Action<string> Warn { get; }

    /// <summary>Where monitor jobs are listed that the work starts: among those of the session.</summary>
    internal JobRepository Repository { get; }

    /// <summary>Whether nothing follows.</summary>
    internal bool IsOver => JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped;

    /// <summary>Begins the work.</summary>
    internal void Begin(RunctlSession session)
    {
        SetJobState(JobState.Running);
        // A thread of its own: it is held as long as the command takes.
        _ = Task.Factory.StartNew(() => Invoke(session), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Stops the work, and waits until it has ended.</summary>
    internal Task EndAsync()
    {
        StopJobAsync();
        return _over.Task;
    }

    /// <inheritdoc/>
    public override void StopJob() => EndAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void StopJob(bool force, string reason) => StopJob();

    /// <inheritdoc/>
    public override void StopJobAsync()
    {
        System.Management.Automation.PowerShell? shell;
        lock (_gate)
        {
            _isStopped = true;
            shell = _shell;
        }

        // Without a shell the work has not begun, and does not begin.
        shell?.BeginStop(null, null);
        _ = _over.Task.ContinueWith(_ => OnStopJobCompleted(new AsyncCompletedEventArgs(null, false, null)), TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public override void StopJobAsync(bool force, string reason) => StopJobAsync();

    /// <inheritdoc/>
    public override void StartJob() => throw Unsupported();

    /// <inheritdoc/>
    public override void StartJobAsync() => throw Unsupported();

    /// <inheritdoc/>
    public override void SuspendJob() => throw Unsupported();

    /// <inheritdoc/>
    public override void SuspendJob(bool force, string reason) => throw Unsupported();

    /// <inheritdoc/>
    public override void SuspendJobAsync() => throw Unsupported();

    /// <inheritdoc/>
    public override void SuspendJobAsync(bool force, string reason) => throw Unsupported();

    /// <inheritdoc/>
    public override void ResumeJob() => throw Unsupported();

    /// <inheritdoc/>
    public override void ResumeJobAsync() => throw Unsupported();

    /// <inheritdoc/>
    public override void UnblockJob() => throw Unsupported();

    /// <inheritdoc/>
    public override void UnblockJobAsync() => throw Unsupported();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsOver)
        {
            BackgroundWork.Track(EndAsync(), isCostly: true);
        }

        base.Dispose(disposing);
    }

    private static PSNotSupportedException Unsupported() => new("A job of Runctl starts with its command, and can be stopped; it cannot be suspended.");

    private static Runspace Open(JobWork work)
    {
        var state = InitialSessionState.CreateDefault2();
        foreach (var (name, value) in work.Variables)
        {
            state.Variables.Add(new SessionStateVariableEntry(name, value, ""));
        }

        var runspace = RunspaceFactory.CreateRunspace(state);
        lock (Opening)
        {
            runspace.Open();
            runspace.SessionStateProxy.Path.SetLocation(work.Location);
        }

        return runspace;
    }

    private void Invoke(RunctlSession session)
    {
        Exception? failure = null;
        try
        {
            using var runspace = Open(_work);
            session.Adopt(runspace);
            Jobs.Add(runspace, this);
            using var shell = System.Management.Automation.PowerShell.Create(runspace);
            shell.AddCommand(_work.Command);
            foreach (var (name, value) in _work.Parameters)
            {
                shell.AddParameter(name, value);
            }

            (shell.Streams.Error, shell.Streams.Warning, shell.Streams.Verbose) = (Error, Warning, Verbose);
            (shell.Streams.Debug, shell.Streams.Information, shell.Streams.Progress) = (Debug, Information, Progress);
            lock (_gate)
            {
                _shell = _isStopped ? null : shell;
            }

            if (_shell is not null)
            {
                shell.Invoke(_work.Input, Output);
            }
        }
        catch (PipelineStoppedException)
        {
            // The state says so.
        }
        catch (HostException e)
        {
            failure = CommandErrors.JobCannotAsk(_work.Command.Name, e);
        }
#pragma warning disable CA1031 // Whatever it is, it is the reason of the job's state.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        End(failure);
    }

    private void End(Exception? failure)
    {
        lock (_gate)
        {
            _shell = null;
        }

        if (failure is not null && !_isStopped)
        {
            var record = failure is IContainsErrorRecord { ErrorRecord: { } own } ? own : ErrorRecords.From(ErrorRecords.Translate(failure) ?? CommandErrors.JobFailed(_work.Command.Name, failure));
            _failure = record.Exception.Message;
            Error.Add(record);
            // Receive-Job shows the reason of a state as an error of its own, without an id and a remedy: the error would be there twice.
            SetJobState(JobState.Failed);
        }
        else
        {
            SetJobState(_isStopped ? JobState.Stopped : JobState.Completed);
        }

        _over.TrySetResult();
    }

    private void OnProgress(object? sender, DataAddedEventArgs added)
    {
        if (Progress.ElementAtOrDefault(added.Index) is { RecordType: ProgressRecordType.Processing } record)
        {
            _doing = $"{record.Activity}: {record.StatusDescription}";
        }
    }
}
