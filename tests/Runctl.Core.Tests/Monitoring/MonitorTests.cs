using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Metrics;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Runs;
using Runctl.Telling;
using Runctl.Training;

namespace Runctl.Core.Tests.Monitoring;

public sealed class MonitorTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(40);
    private static readonly GuardNotice Notice = new("terminate", "2026-01-31T12:00:00Z", Drill: false);

    private readonly FakeCloud _cloud = new();
    private readonly FakeGuards _guards;
    private readonly SteppedTimeProvider _time = new();
    private readonly InstanceMonitor _monitor;

    public MonitorTests()
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
    public async Task A_dead_guard_is_started_again_and_told_of_once()
    {
        var guard = _guards.Add("i-1");
        guard.Alive = false;
        var told = Watch(guard);
        await UntilAsync(() => guard.Count("repair") > 0 && guard.Count("status") > 4);
        guard.Alive = true;
        await UntilAsync(() => told.Warnings.Count > 1);
        await PollsAsync(guard, 3);
        Assert.Equal(["The guard on i-1 is not running; starting it again.", "The guard on i-1 runs again."], told.Warnings);
        Assert.DoesNotContain(guard.Called, c => c[0] == "interrupt");
    }

    [Fact]
    public async Task A_repair_is_told_to_the_log_of_those_who_watch()
    {
        var (guard, log) = (_guards.Add("i-1"), new RecordedLog());
        guard.Alive = false;
        using (CommandLog.Use(log))
        {
            Watch(guard);
        }

        await UntilAsync(() => guard.Count("repair") > 0);
        Assert.Contains("The guard on i-1 is started again: its process does not live, and a run there has not ended.", log.Decisions);
    }

    [Fact]
    public async Task A_guard_that_can_not_be_started_is_told_of_once_with_the_reason_and_not_tried_at_every_poll()
    {
        var guard = _guards.Add("i-1");
        guard.Alive = false;
        _guards.Instead = (g, command) => command == "repair" ? FakeGuards.Failed(g.InstanceId, "GuardNotStarted") : null;
        var told = Watch(guard);
        await UntilAsync(() => told.Warnings.Count > 1);
        await PollsAsync(guard, 5);
        Assert.Equal(2, told.Warnings.Count);
        Assert.Contains("could not be started again: It is GuardNotStarted.", told.Warnings[1], StringComparison.Ordinal);
        Assert.Equal(1, guard.Count("repair"));
    }

    [Fact]
    public async Task A_notice_without_a_guard_is_handled_over_SSM_once_with_its_deadline()
    {
        var guard = _guards.Add("i-1");
        (guard.Alive, guard.Notice) = (false, Notice);
        _guards.Instead = (g, command) => command == "repair" ? FakeGuards.Failed(g.InstanceId, "GuardNotStarted") : null;
        var told = Watch(guard);
        await UntilAsync(() => guard.Count("interrupt") > 0);
        await PollsAsync(guard, 5);
        Assert.Equal(["interrupt", "--run", "run-i-1", "--deadline", Notice.Time, "--action", "terminate", "--source", "monitor"], Assert.Single(guard.Called, c => c[0] == "interrupt"));
        Assert.Single(told.Warnings, w => w.Contains("runs the save sequence over SSM", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_that_was_lost_in_the_middle_of_an_interruption_is_sent_again()
    {
        var guard = _guards.Add("i-1");
        (guard.Alive, guard.Notice) = (false, Notice);
        _guards.Instead = (g, command) => command == "interrupt" && g.Count("interrupt") == 1 ? new(g.InstanceId, "Failed", "Terminated", null, "", "") : null;
        var told = Watch(guard);
        await UntilAsync(() => guard.Count("interrupt") == 2);
        Assert.Single(told.Warnings, w => w.Contains("could not be handled from here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_notice_that_a_living_guard_acts_on_is_left_to_it()
    {
        var guard = _guards.Add("i-1");
        guard.Notice = Notice;
        var told = Watch(guard);
        await PollsAsync(guard, 3);
        guard.State = "interrupting";
        await PollsAsync(guard, 3);
        Assert.Equal(0, guard.Count("interrupt"));
        Assert.Empty(told.Warnings);
    }

    [Fact]
    public async Task A_guard_that_lives_and_leaves_a_notice_alone_is_stood_in_for()
    {
        var guard = _guards.Add("i-1");
        guard.Notice = Notice;
        Watch(guard);
        await UntilAsync(() => guard.Count("interrupt") == 1);
        Assert.Equal(0, guard.Count("repair"));
    }

    [Fact]
    public async Task A_slow_repair_holds_up_neither_the_others_nor_its_own_events()
    {
        var slow = _guards.Add("i-slow");
        var other = _guards.Add("i-other");
        slow.Alive = false;
        _guards.Instead = (g, command) => command == "repair" ? FakeGuards.Pending(g.InstanceId) : null;
        var told = Watch(slow);
        Watch(other);
        await UntilAsync(() => slow.Count("repair") > 0);
        slow.Emit("CheckpointUploaded");
        await PollsAsync(other, 4);
        await UntilAsync(() => told.Events.Count == 1);
        Assert.Equal(1, slow.Count("repair"));
    }

    [Fact]
    public async Task An_agent_that_never_answers_holds_up_nobody_else()
    {
        var stuck = _guards.Add("i-stuck");
        var other = _guards.Add("i-other");
        _guards.Instead = (g, _) => g == stuck ? FakeGuards.Pending(g.InstanceId) : null;
        Watch(stuck);
        var told = Watch(other);
        other.Emit("CheckpointUploaded");
        await PollsAsync(other, 4);
        Assert.Single(told.Events);
        Assert.Equal(1, stuck.Count("status"));
    }

    [Fact]
    public async Task An_outage_of_the_list_of_agents_is_told_once_at_the_first_look_and_later_concerns_nobody_who_answers()
    {
        const string Operation = "DescribeInstanceInformation";
        var guard = _guards.Add("i-1");
        var failures = 0;
        _cloud.Shell.Fault = o => o == Operation && Interlocked.Increment(ref failures) > 0 ? Throttled(Operation) : null;
        var told = Watch(guard);
        await UntilAsync(() => failures > 3);
        _cloud.Shell.Fault = null;
        await UntilAsync(() => told.Warnings.Count == 2);
        _cloud.Shell.Fault = o => o == Operation ? Throttled(Operation) : null;
        guard.Emit("CheckpointUploaded");
        await UntilAsync(() => told.Events.Count == 1);
        await PollsAsync(guard, 3);
        Assert.Equal(2, told.Warnings.Count);
    }

    [Fact]
    public async Task An_outage_is_told_once_and_its_end_and_no_event_is_lost_or_repeated()
    {
        const string Operation = "SendCommand";
        var guard = _guards.Add("i-1");
        guard.Emit("TrainingStarted");
        var told = Watch(guard);
        await UntilAsync(() => told.Events.Count == 1);
        var failures = 0;
        _cloud.Shell.Fault = o => o == Operation && Interlocked.Increment(ref failures) > 0 ? Throttled(Operation) : null;
        guard.Emit("CheckpointUploaded");
        await UntilAsync(() => failures > 4);
        _cloud.Shell.Fault = null;
        guard.Emit("CheckpointUploaded");
        await UntilAsync(() => told.Events.Count == 3 && told.Warnings.Count == 2);
        await PollsAsync(guard, 2);
        Assert.Equal([1L, 2L, 3L], told.Events.Select(e => e.Sequence));
        Assert.Contains("ThrottlingException", told.Warnings[0], StringComparison.Ordinal);
        Assert.Equal("AWS answers again; no event was lost.", told.Warnings[1]);
        Assert.Equal(2, told.Warnings.Count);
    }

    [Fact]
    public async Task Errors_while_answers_are_collected_are_waited_out_in_silence()
    {
        var guard = _guards.Add("i-1");
        guard.Emit("TrainingStarted");
        var (looks, asked) = (0, 0);
        _cloud.Shell.Fault = o =>
        {
            if (o != "ListCommandInvocations" || Interlocked.Increment(ref looks) is var look && look > 4)
            {
                return null;
            }

            // What was sent by the look that succeeds; the next poll is not far.
            asked = guard.Count("status");
            return look <= 3 ? Throttled(o) : null;
        };
        var told = Watch(guard);
        await UntilAsync(() => told.Events.Count == 1);
        Assert.Equal(1, asked);
        Assert.Empty(told.Warnings);
    }

    [Fact]
    public async Task Events_of_a_page_are_told_even_if_the_next_one_fails_and_the_rest_follows()
    {
        var guard = _guards.Add("i-1");
        (guard.Carried, guard.PageSize) = (0, 2);
        for (var i = 0; i < 5; i++)
        {
            guard.Emit("CheckpointUploaded");
        }

        _guards.Instead = (g, command) => command == "events" && g.Count("events") == 2 ? new(g.InstanceId, "Undeliverable", null, null, "", "") : null;
        var told = Watch(guard);
        await UntilAsync(() => told.Events.Count == 5);
        Assert.Equal([1L, 2L, 3L, 4L, 5L], told.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task A_metadata_service_that_does_not_answer_is_told_of_once()
    {
        var guard = _guards.Add("i-1");
        guard.Imds = "unreachable";
        var told = Watch(guard);
        await PollsAsync(guard, 4);
        guard.Imds = "ok";
        await UntilAsync(() => told.Warnings.Count == 2);
        Assert.Contains("an interruption would not be seen", told.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("answers again", told.Warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_is_offline_for_a_while_is_told_once_and_what_happened_meanwhile_follows()
    {
        var guard = _guards.Add("i-1");
        _cloud.Shell.Offline.Add("i-1");
        var told = Watch(guard);
        guard.Emit("CheckpointUploaded");
        await UntilAsync(() => told.Warnings.Count == 1);
        await _time.PassAsync(Interval * 3, TestContext.Current.CancellationToken);
        _cloud.Shell.Offline.Clear();
        await UntilAsync(() => told.Warnings.Count == 2);
        Assert.Contains("not online", told.Warnings[0], StringComparison.Ordinal);
        Assert.Equal("Instance i-1 answers again; no event was lost.", told.Warnings[1]);
        Assert.Single(told.Events);
    }

    [Fact]
    public async Task An_instance_that_shuts_down_is_waited_for_and_one_that_is_gone_ends_its_run()
    {
        var guard = _guards.Add("i-1");
        var told = Watch(guard);
        await PollsAsync(guard, 1);
        _cloud.Ec2.Add("i-1", "shutting-down");
        await _time.PassAsync(Interval * 4, TestContext.Current.CancellationToken);
        Assert.False(told.Ended.Task.IsCompleted);
        _cloud.Ec2.Add("i-1", "terminated");
        Assert.Equal("lost", (await EndAsync(told)).State);
        Assert.Empty(told.Warnings);
    }

    [Fact]
    public async Task What_a_run_is_told_is_measured_once_however_many_watch_it()
    {
        using var measured = new Measured();
        // Each event counts once a process: one that no other test tells.
        var guard = _guards.Add("i-measured");
        guard.Emit(EventKinds.InterruptionDetected);
        guard.Emit(EventKinds.InterruptionHandled);
        var told = new[] { Watch(guard), Watch(guard) };
        await UntilAsync(() => told.All(one => one.Events.Count == 2));
        Assert.Equal(["runctl.interruptions", "runctl.outcomes"], measured.Names);
    }

    [Fact]
    public async Task Runs_of_fifty_instances_are_asked_for_together()
    {
        var guards = Enumerable.Range(0, 50).Select(i => _guards.Add($"i-{i}")).ToList();
        _cloud.Shell.Dead.Add("i-7");
        _cloud.Ec2.Add("i-7", "terminated");
        var told = guards.ConvertAll(Watch);
        await EndAsync(told[7]);
        await UntilAsync(() => guards.TrueForAll(g => g.InstanceId == "i-7" || g.Count("status") > 1));
        await UntilAsync(() => _cloud.Shell.Sent.Any(s => s.InstanceIds.Count == 49));
        Assert.All(told, t => Assert.Empty(t.Warnings));
    }

    private static RunctlException Throttled(string operation) =>
        RunctlErrors.Service("SSM", operation, "ThrottlingException", "Rate exceeded", ErrorKind.Connection, null, transient: true, null, new InvalidOperationException());

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
}
