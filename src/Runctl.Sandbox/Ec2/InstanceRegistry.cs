using System.Collections.Concurrent;
using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox.Ec2;

/// <summary>All instances there are and ever were, and what happens to them.</summary>
internal sealed class InstanceRegistry(SandboxOptions options, IInstancePower power, ConditionTable conditions, TimeProvider clock) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, InstanceLife> _lives = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, object?> _work = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Where instances are.</summary>
    public NetworkTable Network { get; } = new(options.Region);

    /// <summary>Every instance, oldest first, terminated ones included.</summary>
    public IReadOnlyList<InstanceRecord> All =>
        [.. _lives.Values.Select(life => life.Record).OrderBy(record => record.Created).ThenBy(record => record.InstanceId, StringComparer.Ordinal)];

    /// <summary>Every spot request, oldest first.</summary>
    public IReadOnlyList<SpotRequest> SpotRequests =>
        [.. _lives.Values.Select(life => life.Request).OfType<SpotRequest>().Distinct().OrderBy(request => request.Created).ThenBy(request => request.Id, StringComparer.Ordinal)];

    /// <summary>An instance, or null.</summary>
    public InstanceRecord? Find(string instanceId) => _lives.GetValueOrDefault(instanceId)?.Record;

    /// <summary>An instance.</summary>
    /// <exception cref="Ec2Exception">InvalidInstanceID.NotFound</exception>
    public InstanceRecord Get(string instanceId) => Life(instanceId).Record;

    /// <summary>Launches an instance: it is pending when this returns and boots by itself.</summary>
    public InstanceRecord Launch(InstanceOrder order) => Launch(order, request: null);

    /// <summary>Terminates: shutting-down when this returns, terminated when the task is done. Twice is no error.</summary>
    public Task TerminateAsync(string instanceId) =>
        Track(Life(instanceId).End(InstanceState.ShuttingDown, StateReason.User));

    /// <summary>Stops: stopping when this returns, stopped when the task is done.</summary>
    /// <exception cref="Ec2Exception">As <see cref="CheckStoppable"/>.</exception>
    public Task StopAsync(string instanceId)
    {
        var life = Life(instanceId);
        CheckStoppable(life.Record);
        return Track(life.End(InstanceState.Stopping, StateReason.User));
    }

    /// <exception cref="Ec2Exception">A spot instance of a one-time request cannot be stopped, nor one that is ending.</exception>
    public static void CheckStoppable(InstanceRecord record)
    {
        if (record.Order.Spot is { Persistent: false })
        {
            throw Ec2Errors.OneTimeSpot(record.InstanceId);
        }

        if (record.State is InstanceState.ShuttingDown or InstanceState.Terminated or InstanceState.Pending)
        {
            throw Ec2Errors.NotStoppable(record.InstanceId);
        }
    }

    /// <summary>Starts a stopped instance: pending when this returns, running when the task is done.</summary>
    /// <exception cref="Ec2Exception">It is not stopped, or it was EC2 that stopped it.</exception>
    public Task StartAsync(string instanceId)
    {
        var life = Life(instanceId);
        return life.Record.State == InstanceState.Stopped && life.Request is { Status.State: not "disabled" }
            ? throw Ec2Errors.SpotRequestForbidsStart(life.Record)
            : Track(life.Boot());
    }

    /// <summary>There is capacity again for an instance that EC2 stopped: EC2 starts it, as nobody else can. Pending when this returns.</summary>
    /// <exception cref="Ec2Exception">It does not wait for capacity.</exception>
    public Task ReturnCapacityAsync(string instanceId)
    {
        var life = Life(instanceId);
        return life is { Record.State: InstanceState.Stopped, Request.Status: { State: "open", Code: "instance-stopped-no-capacity" } }
            ? Track(life.Boot())
            : throw new Ec2Exception("IncorrectInstanceState", $"The instance '{instanceId}' was not stopped for lack of capacity.");
    }

    /// <summary>The instance shuts itself down.</summary>
    public Task ShutDownAsync(string instanceId)
    {
        var order = Get(instanceId).Order;

        // The instance of a one-time request cannot be stopped from inside either.
        var terminates = order.ShutdownTerminates || order.Spot is { Persistent: false };
        return Track(Life(instanceId).End(
            terminates ? InstanceState.ShuttingDown : InstanceState.Stopping, StateReason.Instance));
    }

    /// <summary>
    /// Gives a spot instance notice, if its conditions let it have one; it is taken when the window is over. Where it is to be taken
    /// already, that notice is answered.
    /// </summary>
    /// <param name="instanceId">A running spot instance.</param>
    /// <param name="window">From notice to end; AWS gives two minutes. Hibernation begins at once, whatever the window.</param>
    /// <param name="action">terminate, stop or hibernate; null is what the instance was launched with.</param>
    /// <returns>When it is taken.</returns>
    public Task<DateTimeOffset> InterruptAsync(string instanceId, TimeSpan window, string? action = null)
    {
        var life = Life(instanceId);
        action ??= life.Record.Order.Spot?.InterruptionBehavior ?? "terminate";
        if (action is not ("terminate" or "stop" or "hibernate") || window < TimeSpan.Zero)
        {
            throw new Ec2Exception("InvalidParameterValue", "The action must be terminate, stop or hibernate, the window not negative.");
        }

        window = action == "hibernate" ? TimeSpan.Zero : window;
        var current = conditions.Of(instanceId).Current;
        var now = clock.GetUtcNow();
        var begin = now + (current.RebalanceLead ?? TimeSpan.Zero);
        var (notice, isNew) = life.Notify(new SpotNotice(action, begin + window, current.Notice switch
        {
            SandboxNoticeMode.Timely => begin,
            SandboxNoticeMode.Late => begin + current.NoticeDelay,
            _ => null,
        }));
        if (isNew)
        {
            if (current.RebalanceLead is not null)
            {
                life.Record.RebalanceNoticeTime = now;
            }

            _ = Track(TakeAsync(life, notice, begin - now, window));
        }

        return Task.FromResult(notice.Time);
    }

    /// <summary>Shows a notice whose time is past; the instance stays.</summary>
    /// <exception cref="Ec2Exception">It is no running spot instance, or is to be taken already.</exception>
    public DateTimeOffset ShowStaleNotice(string instanceId, TimeSpan past)
    {
        var now = clock.GetUtcNow();
        var (notice, isNew) = Life(instanceId).Notify(new SpotNotice("terminate", now - past, now, Takes: false));
        return isNew ? notice.Time : throw new Ec2Exception("IncorrectInstanceState",
            $"The instance '{instanceId}' is to be taken at {notice.Time:O}; a stale notice cannot take the place of that.");
    }

    /// <summary>Takes a notice back, as EC2 sometimes does; false where none stands.</summary>
    public bool WithdrawNotice(string instanceId) => Life(instanceId).Withdraw();

    /// <summary>Recommends a rebalance.</summary>
    public DateTimeOffset RecommendRebalance(string instanceId)
    {
        var now = clock.GetUtcNow();
        Get(instanceId).RebalanceNoticeTime = now;
        return now;
    }

    /// <summary>Ends every instance and waits for it; errors of powering off come out here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var life in _lives.Values)
        {
            _ = Track(life.End(InstanceState.ShuttingDown, StateReason.User));
        }

        await Task.WhenAll(_work.Keys).ConfigureAwait(false);
        _stopping.Dispose();
        foreach (var life in _lives.Values)
        {
            life.Dispose();
        }
    }

    private InstanceRecord Launch(InstanceOrder order, SpotRequest? request)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var record = new InstanceRecord(order, Ids.New("i"), Network.NextAddress(order.SubnetId), clock.GetUtcNow())
        {
            SpotRequestId = request?.Id ?? (order.Spot is null ? null : SpotRequestId()),
        };
        if (request is not null)
        {
            request.Instance = record;
        }
        else if (order.Spot is { } spot)
        {
            request = new SpotRequest(record.SpotRequestId!, spot, record);
        }

        var life = new InstanceLife(record, request, power, clock, options.BootTime)
        {
            Reopened = reopened => _ = Track(ReplaceAsync(order, reopened)),
        };
        _lives[record.InstanceId] = life;
        _ = Track(life.Boot());
        return record;
    }

    /// <summary>A persistent request that nobody cancelled gets another instance, wanted or not.</summary>
    private async Task ReplaceAsync(InstanceOrder order, SpotRequest request)
    {
        if (!await PauseAsync(options.BootTime).ConfigureAwait(false) || request.Status.State != "open")
        {
            return;
        }

        // The launch specification of a spot request has no tags, so the next instance has none either.
        Launch(order with { ReservationId = Ids.New("r"), Tags = TagSet.Empty }, request);
    }

    private static string SpotRequestId() => "sir-" + Ids.New("x")[^8..];

    private InstanceLife Life(string instanceId) =>
        _lives.GetValueOrDefault(instanceId) ?? throw Ec2Errors.InstanceNotFound(instanceId);

    private async Task TakeAsync(InstanceLife life, SpotNotice notice, TimeSpan lead, TimeSpan window)
    {
        if (lead > TimeSpan.Zero && !await PauseAsync(lead).ConfigureAwait(false))
        {
            return;
        }

        life.Mark(notice);
        if (await PauseAsync(window).ConfigureAwait(false))
        {
            await life.Take(notice).ConfigureAwait(false);
        }
    }

    /// <summary>Waits; false where the sandbox ends meanwhile, and every instance with it.</summary>
    private async Task<bool> PauseAsync(TimeSpan time)
    {
        if (_stopping.IsCancellationRequested)
        {
            return false;
        }

        try
        {
            await Task.Delay(time, clock, _stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Keeps work until it is done; what failed stays, for <see cref="DisposeAsync"/> to report.</summary>
    private Task Track(Task work)
    {
        _work[work] = null;
        work.ContinueWith(done => _work.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return work;
    }
}
