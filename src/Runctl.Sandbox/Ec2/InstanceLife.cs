namespace Runctl.Sandbox.Ec2;

/// <summary>
/// The states of one instance, and the power that follows them. A change of state is decided at once under a lock; what it
/// needs of the power happens afterwards, one thing at a time and in order.
/// </summary>
internal sealed class InstanceLife(
    InstanceRecord record, SpotRequest? request, IInstancePower power, TimeProvider clock, TimeSpan bootTime) : IDisposable
{
    private readonly object _gate = new();
    private CancellationTokenSource _boot = new();
    private Task _work = Task.CompletedTask;
    private bool _hibernated;

    public InstanceRecord Record { get; } = record;

    /// <summary>Told when its owner terminated it and its request is open again: EC2 launches another.</summary>
    public Action<SpotRequest>? Reopened { get; init; }

    /// <summary>Null for on-demand.</summary>
    public SpotRequest? Request { get; } = request;

    /// <summary>Boots a new instance, or a stopped one again; one that hibernates wakes.</summary>
    /// <exception cref="Ec2Exception">It is in another state.</exception>
    public Task Boot()
    {
        lock (_gate)
        {
            if (Record.State is not (InstanceState.Pending or InstanceState.Stopped))
            {
                throw Ec2Errors.NotStartable(Record.InstanceId);
            }

            if (Record.State == InstanceState.Stopped)
            {
                Record.LaunchTime = clock.GetUtcNow();
            }

            Record.State = InstanceState.Pending;
            Record.StateReason = null;
            Request?.Move("active", "fulfilled", "Your Spot request is fulfilled.", clock.GetUtcNow());
            if (!_hibernated)
            {
                _boot.Dispose();
                _boot = new CancellationTokenSource();
            }

            _hibernated = false;
            return _work = BootAsync(_work, _boot.Token);
        }
    }

    /// <summary>Begins to end it, or joins an end under way; the task is done when it has ended.</summary>
    /// <param name="via">ShuttingDown or Stopping.</param>
    /// <param name="reason">Why.</param>
    /// <param name="hibernate">Whether its processes are kept as they are; where it is Stopping.</param>
    public Task End(InstanceState via, StateReason reason, bool hibernate = false)
    {
        lock (_gate)
        {
            var over = Record.State is InstanceState.Terminated or InstanceState.ShuttingDown
                || (via == InstanceState.Stopping && Record.State is InstanceState.Stopped or InstanceState.Stopping);
            if (over)
            {
                return _work;
            }

            Record.State = via;
            Record.StateReason = reason;
            Record.Ended = clock.GetUtcNow();
            _hibernated = hibernate;
            if (!hibernate)
            {
                // A boot that hibernates in the middle goes on when it wakes.
                _boot.Cancel();
            }

            return _work = PowerOffAsync(_work, via, reason, hibernate);
        }
    }

    /// <summary>Gives notice, which is shown or not as the notice itself says; one that takes the instance already stays.</summary>
    /// <returns>The notice that stands, and whether it is this one.</returns>
    /// <exception cref="Ec2Exception">This is no running spot instance.</exception>
    public (SpotNotice Notice, bool IsNew) Notify(SpotNotice notice)
    {
        lock (_gate)
        {
            if (Request is null || Record.State != InstanceState.Running)
            {
                throw new Ec2Exception("UnsupportedOperation", Request is null
                    ? $"The instance '{Record.InstanceId}' is not a Spot Instance."
                    : $"The instance '{Record.InstanceId}' is not running.");
            }

            if (Record.Notice is { Takes: true } standing)
            {
                return (standing, false);
            }

            Record.Notice = notice;
            return (notice, true);
        }
    }

    /// <summary>EC2 marks the request, unless the notice stands no longer.</summary>
    public void Mark(SpotNotice notice)
    {
        lock (_gate)
        {
            if (ReferenceEquals(Record.Notice, notice) && Record.State == InstanceState.Running)
            {
                var mark = notice.Action == "terminate" ? "termination" : "stop";
                Request?.Move("active", "marked-for-" + mark, $"Your Spot Instance is marked for {mark}.", clock.GetUtcNow());
            }
        }
    }

    /// <summary>Takes the instance, unless the notice stands no longer.</summary>
    public Task Take(SpotNotice notice)
    {
        lock (_gate)
        {
            return !ReferenceEquals(Record.Notice, notice) ? Task.CompletedTask
                : notice.Action == "terminate" ? End(InstanceState.ShuttingDown, StateReason.SpotTermination)
                : End(InstanceState.Stopping, StateReason.SpotShutdown, hibernate: notice.Action == "hibernate");
        }
    }

    /// <summary>Takes a notice back; the instance stays.</summary>
    public bool Withdraw()
    {
        lock (_gate)
        {
            if (Record.Notice is null || Record.State != InstanceState.Running)
            {
                return false;
            }

            Record.Notice = null;
            Request?.Move("active", "fulfilled", "Your Spot request is fulfilled.", clock.GetUtcNow());
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _boot.Dispose();

    private async Task BootAsync(Task previous, CancellationToken ct)
    {
        // Yielding, so that Boot has put this into its place before it can fail.
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Task.Delay(bootTime, clock, ct).ConfigureAwait(false);
            await power.PowerOnAsync(Record, ct).ConfigureAwait(false);
            lock (_gate)
            {
                if (!ct.IsCancellationRequested)
                {
                    Record.RunningSince = clock.GetUtcNow();
                    Record.State = InstanceState.Running;
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Ended while it was pending; that end waits for this and powers off.
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // As EC2 does: the launch was accepted, the instance goes from pending to terminated and says why. The end waits for
            // this boot, so it cannot be awaited here.
            _ = End(InstanceState.ShuttingDown, StateReason.LaunchFailed(e));
        }
    }

    private async Task PowerOffAsync(Task previous, InstanceState via, StateReason reason, bool hibernate)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (hibernate ? power.HibernateAsync(Record) : power.PowerOffAsync(Record)).ConfigureAwait(false);
        lock (_gate)
        {
            if (Record.State != via)
            {
                // Terminated while it was stopping: what follows settles it.
                return;
            }

            Record.Notice = null;
            Record.RunningSince = null;
            var ended = via == InstanceState.Stopping ? InstanceState.Stopped : InstanceState.Terminated;
            if (Request is not null)
            {
                // Before the instance: who sees it ended asks for its request next.
                SpotRequestEnd.Apply(Request, ended, reason, clock.GetUtcNow());
            }

            Record.State = ended;
        }

        if (Request is { Status: { State: "open", Code: "instance-terminated-by-user" } })
        {
            Reopened?.Invoke(Request);
        }
    }
}
