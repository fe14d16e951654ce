using Runctl.Core.Tests.Fakes;
using Runctl.Events;
using Runctl.Json;
using Runctl.Monitoring;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Monitoring;

/// <summary>What nobody foresaw, and what takes long, silences no run.</summary>
public sealed class MonitorDefectTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(40);
    private static readonly GuardNotice Notice = new("terminate", "2026-01-31T12:00:00Z", Drill: false);

    private readonly FakeCloud _cloud = new();
    private readonly FakeGuards _guards;
    private readonly FaultyTime _time = new();
    private readonly InstanceMonitor _monitor;

    public MonitorDefectTests()
    {
        _guards = new FakeGuards(_cloud);
        _monitor = new InstanceMonitor(_cloud, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        _cloud.Dispose();
    }

    [Fact]
    public async Task An_answer_that_can_not_be_taken_in_is_told_once_and_asked_for_again()
    {
        var bad = _guards.Add("i-bad");
        var other = _guards.Add("i-other");
        var isBad = true;
        _guards.Instead = (g, command) => g == bad && command == "status" && isBad ? FakeGuards.Done(g.InstanceId, """{"schema":1,"guard":{"alive":true},"runs":[null]}""") : null;
        var (told, others) = (Watch(bad), Watch(other));
        other.Emit("CheckpointUploaded");
        await UntilAsync(() => told.Warnings.Any(w => w.StartsWith("Runctl could not take in what i-bad answered", StringComparison.Ordinal)) && others.Events.Count == 1);
        await UntilAsync(() => bad.Count("status") > 4);
        Assert.Equal(told.Warnings.Distinct(), told.Warnings);
        Assert.Empty(others.Warnings);
        isBad = false;
        bad.State = "finished";
        await EndAsync(told);
    }

    [Fact]
    public async Task A_call_that_fails_in_an_unforeseen_way_is_told_and_made_again()
    {
        var guard = _guards.Add("i-1");
        _cloud.Shell.Fault = o => o == "ListCommandInvocations" ? throw new InvalidOperationException("Nobody foresaw it.") : null;
        var told = Watch(guard);
        await UntilAsync(() => told.Warnings.Any(w => w.Contains("Nobody foresaw it.", StringComparison.Ordinal)));
        _cloud.Shell.Fault = null;
        guard.State = "finished";
        await EndAsync(told);
    }

    [Fact]
    public async Task A_repair_that_fails_in_an_unforeseen_way_is_told_and_not_tried_at_every_poll()
    {
        var guard = _guards.Add("i-1");
        guard.Alive = false;
        _guards.Instead = (g, command) => command == "repair" ? throw new InvalidOperationException("Nobody foresaw it.") : null;
        var told = Watch(guard);
        await UntilAsync(() => told.Warnings.Any(w => w.Contains("could not be started again: Nobody foresaw it.", StringComparison.Ordinal)));
        await PollsAsync(guard, 4);
        Assert.Equal(1, guard.Count("repair"));
    }

    [Fact]
    public async Task The_poller_survives_a_defect_of_its_own_and_tells_all_runs()
    {
        var guard = _guards.Add("i-1");
        var told = Watch(guard);
        await PollsAsync(guard, 1);
        _time.Fails = true;
        await UntilAsync(() => told.Warnings.Any(w => w.Contains("The clock has stopped.", StringComparison.Ordinal)));
        _time.Fails = false;
        await PollsAsync(guard, 2);
    }

    [Fact]
    public async Task An_observer_that_throws_is_told_so_and_disturbs_nobody()
    {
        var guard = _guards.Add("i-1");
        var thrower = new Thrower();
        _monitor.Watch(new MonitorTarget(guard.Training, Interval), thrower);
        var told = Watch(guard);
        guard.Emit("CheckpointUploaded");
        guard.Emit("CheckpointUploaded");
        await UntilAsync(() => told.Events.Count == 2 && thrower.Warnings.Count == 2);
        Assert.Contains("could not be shown", thrower.Warnings[0], StringComparison.Ordinal);
        Assert.Empty(told.Warnings);
    }

    [Fact]
    public async Task A_run_does_not_end_before_its_last_events_were_told()
    {
        var guard = _guards.Add("i-1");
        (guard.Carried, guard.PageSize, guard.State) = (0, 2, "finished");
        for (var i = 0; i < 3; i++)
        {
            guard.Emit("CheckpointUploaded");
        }

        _guards.Instead = (g, command) => command == "events" && g.Count("events") == 2 ? new(g.InstanceId, "Undeliverable", null, null, "", "") : null;
        var told = Watch(guard);
        await EndAsync(told);
        Assert.Equal([1L, 2L, 3L], told.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task A_notice_is_acted_on_while_events_of_the_instance_are_still_being_fetched()
    {
        var guard = _guards.Add("i-1");
        guard.Carried = 0;
        guard.Emit("CheckpointUploaded");
        _guards.Instead = (g, command) => command == "events" ? FakeGuards.Pending(g.InstanceId) : null;
        Watch(guard);
        await UntilAsync(() => guard.Count("events") > 0);
        (guard.Alive, guard.Notice) = (false, Notice);
        await UntilAsync(() => guard.Count("interrupt") > 0 && guard.Count("repair") > 0);
        Assert.Equal(1, guard.Count("events"));
    }

    [Fact]
    public async Task Who_wants_to_be_told_no_more_does_not_wait_for_events_that_are_being_fetched()
    {
        var guard = _guards.Add("i-1");
        guard.Carried = 0;
        guard.Emit("CheckpointUploaded");
        // Not at an end by itself before the guard's time is up.
        _guards.Instead = (g, command) => command == "events" ? FakeGuards.Pending(g.InstanceId) : null;
        var watch = _monitor.Watch(new MonitorTarget(guard.Training, Interval), new Recorder());
        await UntilAsync(() => guard.Count("events") > 0);
        await watch.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(180), TestContext.Current.CancellationToken);
        await UntilAsync(() => !_cloud.Shell.Cancelled.IsEmpty);
    }

    [Fact]
    public async Task A_run_that_did_not_fit_into_the_status_is_helped_all_the_same()
    {
        var guard = _guards.Add("i-1");
        (guard.IsListed, guard.Alive, guard.Notice) = (false, false, Notice);
        Watch(guard);
        await UntilAsync(() => guard.Count("interrupt") > 0 && guard.Count("repair") > 0);
    }

    [Fact]
    public async Task Events_of_all_attempts_are_read_and_none_that_was_shipped_before_the_record_is_lost()
    {
        var guard = _guards.Add("i-1");
        var training = guard.Training.With(copy => { copy.S3Bucket = "b"; copy.S3Prefix = "c"; copy.RunPrefix = "runctl"; });
        Ship(1, 1);
        var told = new Recorder();
        _monitor.Watch(new MonitorTarget(training, Interval), told);
        await PollsAsync(guard, 1);
        _cloud.Store.BeforeRead = key =>
        {
            // The guard's last act comes right after the record was looked for.
            if (key.EndsWith("run.json", StringComparison.Ordinal))
            {
                Ship(1, 2);
                Ship(2, 3);
                var attempts = new[] { new AttemptRecord { Number = 1, State = "interrupted", InstanceId = "i-1" }, new AttemptRecord { Number = 2, State = "finished", InstanceId = "i-1" } };
                _cloud.Store.Put("runctl/runs/run-i-1/run.json", RunctlJson.Write(new RunRecord { RunId = "run-i-1", ProjectName = "p", Attempts = attempts }));
            }
        };
        _cloud.Ec2.Add("i-1", "shutting-down");
        Assert.Equal("finished", (await EndAsync(told)).State);
        Assert.Equal([1L, 2L, 3L], told.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task A_monitor_that_is_shut_down_tells_those_whose_runs_have_not_ended()
    {
        var told = Watch(_guards.Add("i-1"));
        await _monitor.DisposeAsync();
        Assert.True(told.IsStopped);
    }

    private Task UntilAsync(Func<bool> condition) => _time.UntilAsync(condition, TestContext.Current.CancellationToken);

    private Task<RunctlTraining> EndAsync(Recorder told) => _time.UntilAsync(told.Ended.Task, TestContext.Current.CancellationToken);

    private Task PollsAsync(FakeGuard guard, int more)
    {
        var before = guard.Count("status");
        return UntilAsync(() => guard.Count("status") >= before + more);
    }

    private Recorder Watch(FakeGuard guard)
    {
        var told = new Recorder();
        _monitor.Watch(new MonitorTarget(guard.Training, Interval), told);
        return told;
    }

    private void Ship(int attempt, long sequence) => _cloud.Store.Put($"runctl/runs/run-i-1/events/{attempt}/{sequence:D12}.jsonl", RunctlJson.Write(
        new RunctlEvent { Sequence = sequence, Time = DateTime.UnixEpoch, Kind = "Warning", InstanceId = "i-1", RunId = "run-i-1", Attempt = attempt, Message = "m", Details = RunctlJson.ToElement(new { }) }) + "\n");

    /// <summary>A clock that can fail.</summary>
    private sealed class FaultyTime : SteppedTimeProvider
    {
        public bool Fails { get; set; }

        public override long GetTimestamp() => Fails ? throw new InvalidOperationException("The clock has stopped.") : base.GetTimestamp();
    }

    private sealed class Thrower : IMonitorObserver
    {
        public List<string> Warnings { get; } = [];

        public void OnEvent(RunctlEvent runctlEvent) => throw new InvalidOperationException("It cannot be shown.");

        public void OnWarning(string message) => Warnings.Add(message);

        public void OnEnded(RunctlTraining training) => throw new InvalidOperationException("It cannot be shown.");
    }
}
