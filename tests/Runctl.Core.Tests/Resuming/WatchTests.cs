using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Monitoring;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Resuming;

/// <summary>What a session that resumes by itself does about what its monitor tells it.</summary>
public sealed class WatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Story _story = new("interrupted");
    private readonly Recorder _told = new();
    private readonly List<string> _afterEnd = [];
    private readonly InstanceMonitor _monitor;

    public WatchTests()
    {
        _story.Launch(new LaunchRequest { InstanceTypes = ["c7i.large"], ImageId = "ami-1" });
        _story.Commit("epoch_1.pt", 10);
        _story.Answer(_ => ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":2,"state":"running","pid":7}"""));
        // Its clock stands still: what a monitor tells, these tests tell.
        _monitor = new InstanceMonitor(_story.Cloud, new SteppedTimeProvider());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RunctlTraining Training => new() { RunId = Story.RunId, InstanceId = "i-1", ProjectName = "digits", Script = "train.py", State = "running", Region = "us-east-1", S3Bucket = "b", S3Prefix = "saved", RunPrefix = "checkpoints/runctl" };

    [Fact]
    public async Task A_run_that_its_user_stops_in_the_middle_of_a_resume_is_left_and_nothing_that_was_launched_remains()
    {
        // The old attempt is still saving: the resume waits for it with its replacement.
        _story.Add(_story.Record.Newest()! with { State = "running" });
        _story.Ship(1, EventKinds.InterruptionDetected);
        var resumer = Resumer();
        await using var watch = (ResumingWatch)resumer.Watch(_monitor, new MonitorTarget(Training, TimeSpan.FromSeconds(30)), _told);
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await _told.UntilAsync(() => _told.Events.Any(e => e.Kind == EventKinds.ReplacementLaunched), Token);
        Assert.True(watch.WillResume);
        await resumer.LeaveAsync(Story.RunId, () =>
        {
            // Nothing of the resume is left when the stop begins.
            Assert.False(watch.WillResume);
            Assert.All(_story.Replacements, replacement => Assert.Equal("terminated", replacement.State));
            return Task.CompletedTask;
        }).WaitAsync(Patience, Token);
        Assert.False(watch.WillResume);
        Assert.All(_story.Replacements, replacement => Assert.Equal("terminated", replacement.State));
        Assert.DoesNotContain(_story.Record.Attempts, a => a.State == "claimed");
        Assert.Contains(await KeptAsync(), e => e.Kind == EventKinds.ResumeFailed && e.Message.Contains("stopped, and is undone", StringComparison.Ordinal));
        // It is watched on to its end, which begins no other resume.
        watch.OnEnded(Training.With(copy => copy.State = "stopped"));
        Assert.Equal("stopped", (await _told.Ended.Task.WaitAsync(Patience, Token)).State);
        await resumer.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_whose_stop_fails_is_resumed_as_before_whenever_the_interruption_came(bool isBefore)
    {
        if (isBefore)
        {
            // The old attempt is still saving: the resume waits for it with its replacement.
            _story.Add(_story.Record.Newest()! with { State = "running" });
            _story.Ship(1, EventKinds.InterruptionDetected);
        }

        var resumer = Resumer();
        await using var watch = (ResumingWatch)resumer.Watch(_monitor, new MonitorTarget(Training, TimeSpan.FromSeconds(30)), _told);
        if (isBefore)
        {
            watch.OnEvent(Detected(DateTimeOffset.UtcNow));
            await _told.UntilAsync(() => _told.Events.Any(e => e.Kind == EventKinds.ReplacementLaunched), Token);
        }

        var expired = new RunctlException("ExpiredTokenException", ErrorKind.Authentication, "The token is expired.");
        var error = await Assert.ThrowsAsync<RunctlException>(() => resumer.LeaveAsync(Story.RunId, () =>
        {
            Assert.False(watch.WillResume);
            if (isBefore)
            {
                _story.Add(_story.Record.Attempts[0] with { State = "interrupted" });
            }
            else
            {
                watch.OnEvent(Detected(DateTimeOffset.UtcNow));
            }

            watch.OnEnded(Training.With(copy => copy.State = "interrupted"));
            Assert.False(_told.Ended.Task.IsCompleted);
            Assert.All(_story.Replacements, replacement => Assert.Equal("terminated", replacement.State));
            return Task.FromException(expired);
        }).WaitAsync(Patience, Token));
        Assert.Same(expired, error);
        Assert.True(watch.WillResume);
        await _told.UntilAsync(() => _told.Resumed is not null, Token);
        Assert.Equal(_told.Resumed!.InstanceId, Assert.Single(_story.Replacements, replacement => replacement.State == "running").InstanceId);
        Assert.False(_told.Ended.Task.IsCompleted);
        await resumer.DisposeAsync();
    }

    [Fact]
    public async Task A_run_that_is_interrupted_while_its_user_stops_it_ends_when_the_stop_is_done()
    {
        var resumer = Resumer();
        await using var watch = (ResumingWatch)resumer.Watch(_monitor, new MonitorTarget(Training, TimeSpan.FromSeconds(30)), _told);
        await resumer.LeaveAsync(Story.RunId, () =>
        {
            watch.OnEvent(Detected(DateTimeOffset.UtcNow));
            watch.OnEnded(Training.With(copy => copy.State = "interrupted"));
            Assert.False(_told.Ended.Task.IsCompleted);
            return Task.CompletedTask;
        }).WaitAsync(Patience, Token);
        Assert.Equal("interrupted", (await _told.Ended.Task.WaitAsync(Patience, Token)).State);
        Assert.False(watch.WillResume);
        Assert.Empty(_story.Replacements);
        await resumer.DisposeAsync();
    }

    [Fact]
    public async Task The_steps_of_a_resume_are_told_and_are_kept_for_other_sessions()
    {
        await using (var watch = Watch())
        {
            watch.OnEvent(Detected(DateTimeOffset.UtcNow));
            await _told.UntilAsync(() => _told.Resumed is not null, Token);
        }

        string[] steps = [EventKinds.ResumeBegun, EventKinds.ReplacementLaunched, EventKinds.TrainingResumed];
        Assert.Equal(steps, _told.Events.Skip(1).Select(e => e.Kind));
        Assert.Equal(steps, (await KeptAsync()).Select(e => e.Kind));
        Assert.All(await KeptAsync(), e => Assert.Equal((2, Story.RunId), (e.Attempt, e.RunId)));
    }

    [Fact]
    public async Task A_resume_that_fails_is_kept_with_its_reason()
    {
        _story.Cloud.Ec2.OnFleet = _ => throw new RunctlException("Refused", ErrorKind.PermissionDenied, "You may not.");
        await using (var watch = Watch())
        {
            watch.OnEvent(Detected(DateTimeOffset.UtcNow));
            await _told.UntilAsync(() => _told.Warnings.Count > 0, Token);
        }

        var kept = await KeptAsync();
        Assert.Equal([EventKinds.ResumeBegun, EventKinds.ResumeFailed], kept.Select(e => e.Kind));
        Assert.Equal(Assert.Single(_told.Warnings), kept[^1].Message);
    }

    [Fact]
    public async Task A_resume_does_not_fail_if_S3_takes_no_events_of_it()
    {
        _story.Cloud.Store.BeforeWrite = key =>
        {
            if (key.Contains("/events/", StringComparison.Ordinal))
            {
                throw new RunctlException("Refused", ErrorKind.PermissionDenied, "You may not.");
            }
        };
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await _told.UntilAsync(() => _told.Resumed is not null, Token);
        Assert.DoesNotContain(_told.Warnings, warning => warning.Contains("event", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task An_interruption_of_long_before_the_watch_began_is_left_to_its_user()
    {
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow.AddHours(-3)));
        watch.OnEnded(Training.With(copy => copy.State = "interrupted"));
        Assert.Equal("interrupted", (await _told.Ended.Task.WaitAsync(Patience, Token)).State);
        Assert.Contains("Resume-RunctlTraining", Assert.Single(_told.Warnings), StringComparison.Ordinal);
        Assert.Empty(_story.Replacements);
    }

    [Fact]
    public async Task A_machine_that_went_without_a_notice_long_before_is_left_to_its_user_as_well()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.StateReason = "Server.SpotInstanceTermination"; copy.Ended = DateTime.UtcNow.AddHours(-3); }));
        await using var watch = Watch();
        watch.OnEnded(Training.With(copy => copy.State = "lost"));
        await _told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Contains("Resume-RunctlTraining", Assert.Single(_told.Warnings), StringComparison.Ordinal);
        Assert.Empty(_story.Replacements);
    }

    [Fact]
    public async Task What_was_shut_down_long_before_and_runs_again_is_left_to_its_user_too()
    {
        await using var watch = Watch();
        watch.OnEnded(Training.With(copy => { copy.State = "interrupted"; copy.Ended = DateTime.UtcNow.AddDays(-3); }));
        await _told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Contains("Resume-RunctlTraining", Assert.Single(_told.Warnings), StringComparison.Ordinal);
        Assert.Empty(_story.Replacements);
    }

    [Fact]
    public async Task An_interruption_is_as_old_as_EC2_says_whatever_the_clock_of_the_instance()
    {
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow.AddHours(-1), deadline: DateTimeOffset.UtcNow.AddMinutes(2)));
        await _told.UntilAsync(() => _told.Resumed is not null, Token);
    }

    [Fact]
    public async Task Notices_of_older_attempts_on_the_same_instance_begin_nothing()
    {
        await using var watch = Watch(training: Training.With(copy => copy.Attempt = 2));
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        watch.OnEvent(Detected(DateTimeOffset.UtcNow.AddHours(-3)));
        watch.OnEnded(Training.With(copy => { copy.Attempt = 2; copy.State = "finished"; }));
        await _told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal(2, _told.Events.Count);
        Assert.Empty(_told.Warnings);
        Assert.Empty(_story.Replacements);
    }

    [Fact]
    public async Task Where_the_other_was_interrupted_in_his_turn_and_has_given_up_that_is_another_interruption()
    {
        _story.Cloud.Ec2.Add("i-2", "terminated");
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "interrupted", InstanceId = "i-2", InstanceType = "c7i.large", Started = DateTimeOffset.UtcNow });
        _story.Add(new AttemptRecord { Number = 3, Nonce = "n3", State = "failed", ClaimedBy = "another" });
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await _told.UntilAsync(() => _told.Resumed is not null, Token);
        Assert.Equal((2, "i-2"), (_told.Resumed!.Attempt, _told.Resumed.InstanceId));
        Assert.Equal(2, _told.Warnings.Count(w => w.Contains("not resumed from here now", StringComparison.Ordinal) || w.Contains("continues as attempt 2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_waits_for_the_job_is_told_when_its_session_ends()
    {
        var resumer = Resumer();
        resumer.Watch(_monitor, new MonitorTarget(Training, TimeSpan.FromSeconds(30)), _told);
        await resumer.DisposeAsync();
        Assert.True(_told.IsStopped);
    }

    [Fact]
    public async Task Who_loses_the_run_to_another_says_so_and_watches_it_where_it_goes_on()
    {
        await new RunClaim(_story.Store, Story.RunId, "another", _story.Cloud.Time).TakeAsync(1, false, Token);
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        watch.OnEnded(Training.With(copy => copy.State = "interrupted"));
        await _told.UntilAsync(() => _told.Warnings.Any(w => w.Contains("is being resumed already", StringComparison.Ordinal)), Token);
        _story.Cloud.Ec2.Add("i-2");
        _story.Add(_story.Record.Newest()! with { State = "running", InstanceId = "i-2", Started = DateTimeOffset.UtcNow });
        await _told.UntilAsync(() => _told.Resumed is not null, Token);
        Assert.Equal((2, "i-2"), (_told.Resumed!.Attempt, _told.Resumed.InstanceId));
        Assert.Equal(["i-2"], _story.Replacements.Select(i => i.InstanceId));
        Assert.False(_told.Ended.Task.IsCompleted);
    }

    [Fact]
    public async Task Where_the_other_gives_the_run_up_it_is_resumed_after_all()
    {
        var other = new RunClaim(_story.Store, Story.RunId, "another", _story.Cloud.Time);
        await other.TakeAsync(1, false, Token);
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await _told.UntilAsync(() => _told.Warnings.Count > 0, Token);
        await other.WithdrawAsync(Token);
        await _told.UntilAsync(() => _told.Resumed is not null, Token);
        Assert.Equal(Assert.Single(_story.Replacements).InstanceId, _told.Resumed!.InstanceId);
    }

    [Fact]
    public async Task A_quota_that_the_old_instance_holds_is_waited_for_without_a_claim_until_its_guard_or_its_user_ends_that()
    {
        _story.Ship(1, ("InterruptionDetected", new { deadline = DateTimeOffset.UtcNow.AddMinutes(-10).ToString("O") }), ("InterruptionHandled", new { outcome = "uploaded" }));
        _story.Cloud.Ec2.OnFleet = request => _story.Cloud.Ec2.All.Single(i => i.InstanceId == "i-1").State == "terminated"
            ? _story.Cloud.Ec2.Succeed(request) : new FleetAnswer([], [new PoolError("MaxSpotInstanceCountExceeded", "no", null, null, null)]);
        var time = new SteppedTimeProvider();
        await using var watch = Watch(time: time);
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await time.UntilAsync(() => _told.Warnings.Any(w => w.Contains("is not resumed from here now", StringComparison.Ordinal)), Token);
        Assert.Contains("Remove-RunctlInstance i-1", _told.Warnings[^1], StringComparison.Ordinal);
        Assert.Equal("failed", _story.Record.Newest()!.State);
        await _story.Cloud.Ec2.TerminateAsync(["i-1"], Token);
        await time.UntilAsync(() => _told.Resumed is not null, Token);
        Assert.NotEqual("i-1", _told.Resumed!.InstanceId);
    }

    [Fact]
    public async Task A_quota_that_stays_held_is_tried_again_and_said_once()
    {
        _story.Ship(1, ("InterruptionDetected", new { deadline = DateTimeOffset.UtcNow.AddMinutes(-10).ToString("O") }), ("InterruptionHandled", new { outcome = "uploaded" }));
        _story.Cloud.Ec2.OnFleet = _ => new FleetAnswer([], [new PoolError("MaxSpotInstanceCountExceeded", "no", null, null, null)]);
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await _told.UntilAsync(() => _story.Record.Attempts.Count > 4, Token);
        Assert.Single(_told.Warnings, warning => warning.Contains("is not resumed from here now", StringComparison.Ordinal));
        Assert.Equal(_told.Warnings.Distinct(), _told.Warnings);
    }

    [Fact]
    public async Task The_end_of_a_run_is_told_when_the_resume_that_was_under_way_is_undone()
    {
        var launching = new TaskCompletionSource();
        var mayLaunch = new TaskCompletionSource();
        _story.Cloud.Ec2.BeforeFleetAnswer = async _ =>
        {
            launching.SetResult();
            await mayLaunch.Task;
        };
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await launching.Task.WaitAsync(Patience, Token);
        watch.OnEnded(Training.With(copy => copy.State = "finished"));
        Assert.False(_told.Ended.Task.IsCompleted);
        mayLaunch.SetResult();
        Assert.Equal("finished", (await _told.Ended.Task.WaitAsync(Patience, Token)).State);
        Assert.All(_story.Replacements, one => Assert.Equal("terminated", one.State));
        Assert.Equal("failed", _story.Record.Newest()!.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replacement_that_could_not_be_ended_is_told_of_although_nobody_watches_any_more(bool fails)
    {
        var starting = new TaskCompletionSource();
        var mayStart = new TaskCompletionSource();
        _story.Cloud.Shell.BeforeSent = async () =>
        {
            starting.TrySetResult();
            await mayStart.Task;
        };
        _story.Cloud.Ec2.TerminateFailure = new RunctlException("AccessDenied", ErrorKind.PermissionDenied, "You may not.");
        var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await starting.Task.WaitAsync(Patience, Token);
        if (fails)
        {
            // Its own failure comes with the end.
            _story.Cloud.Shell.Fault = _ => new RunctlException("Refused", ErrorKind.PermissionDenied, "You may not.");
        }

        var ending = watch.DisposeAsync();
        mayStart.SetResult();
        await ending;
        Assert.Contains(Assert.Single(_story.Replacements).InstanceId, Assert.Single(_afterEnd), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_instance_that_is_there_long_after_is_named()
    {
        await using var watch = Watch();
        watch.OnEvent(Detected(DateTimeOffset.UtcNow));
        await _told.UntilAsync(() => _told.Warnings.Any(w => w.Contains("Remove-RunctlInstance i-1", StringComparison.Ordinal)), Token);
        Assert.NotNull(_told.Resumed);
    }

    public ValueTask DisposeAsync() => _monitor.DisposeAsync();

    /// <summary>What another session reads.</summary>
    private async Task<List<RunctlEvent>> KeptAsync()
    {
        var found = new List<RunctlEvent>();
        await foreach (var item in new EventHistory(_story.Cloud, new RunctlConfiguration(), _story.Cloud.Time).ReadAsync(Training, new EventOptions(), new Progress<ProgressUpdate>(), _ => { }, Token))
        {
            found.Add(item);
        }

        return found;
    }

    private static RunctlEvent Detected(DateTimeOffset at, DateTimeOffset? deadline = null) => new()
    {
        Sequence = 1, Time = at.UtcDateTime, Kind = EventKinds.InterruptionDetected, InstanceId = "i-1", RunId = Story.RunId, Attempt = 1, Message = "Notice", Details = RunctlJson.ToElement(new { source = "imds", deadline = deadline?.ToString("O") }),
    };

    private ResumingWatch Watch(RunctlTraining? training = null, TimeProvider? time = null) =>
        new(Resumer(time), _monitor, new MonitorTarget(training ?? Training, TimeSpan.FromSeconds(30)), _told, time ?? _story.Cloud.Time);

    private AutoResumer Resumer(TimeProvider? time = null) => new(_story.Cloud, new FakeAdapters(), new RunctlConfiguration { S3Bucket = "b", S3Prefix = "saved" }, time ?? _story.Cloud.Time, _afterEnd.Add);
}
