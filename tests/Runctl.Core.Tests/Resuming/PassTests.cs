using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Core.Tests.Resuming;

/// <summary>When a run passes on, and from which checkpoint it goes on then.</summary>
public sealed class PassTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("running", "running", "", "Alive")]
    [InlineData("running", "running", "InterruptionDetected", "Ending")]
    [InlineData("running", "running", "InterruptionDetected InterruptionStale", "Alive")]
    [InlineData("running", "running", "InterruptionDetected InterruptionHandled", "Passed")]
    [InlineData("running", "shutting-down", "", "Ending")]
    [InlineData("running", "stopped", "", "Passed")]
    [InlineData("running", "terminated", "InterruptionDetected", "Passed")]
    [InlineData("running", null, "", "Passed")]
    [InlineData("interrupted", "running", "", "Passed")]
    [InlineData("claimed", "running", "", "Claimed")]
    public async Task It_goes_by_final_events_records_and_EC2(string attempt, string? instance, string events, string standing)
    {
        var story = new Story(attempt);
        story.Cloud.Ec2.Clear();
        if (instance is not null)
        {
            story.Cloud.Ec2.Add("i-1", instance);
        }

        if (events.Length > 0)
        {
            story.Ship(1, events.Split(' '));
        }

        Assert.Equal(standing, (await story.Passes.LookAsync(null, Token)).Standing.ToString());
    }

    [Fact]
    public async Task A_silent_instance_keeps_its_run_however_long_it_is_silent()
    {
        // It was started in 1970.
        var story = new Story();
        Assert.Equal(RunStanding.Alive, (await story.Passes.LookAsync(null, Token)).Standing);
    }

    [Fact]
    public async Task An_instance_that_EC2_does_not_know_yet_is_not_lost()
    {
        var story = new Story("interrupted");
        story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "claimed", InstanceId = "i-2", Claimed = DateTimeOffset.UtcNow });
        Assert.Equal(RunStanding.Claimed, (await story.Passes.LookAsync(null, Token)).Standing);
    }

    [Theory]
    [InlineData("running", false, "Ending")]
    [InlineData("shutting-down", false, "Ending")]
    [InlineData("terminated", false, "Passed")]
    [InlineData("running", true, "Passed")]
    public async Task A_checkpoint_that_only_the_disk_of_a_living_instance_has_is_waited_for(string instance, bool isUploaded, string standing)
    {
        var story = new Story();
        story.Cloud.Ec2.Add("i-1", instance);
        (string, object)[] events = [("InterruptionDetected", new { }), ("InterruptionHandled", new { outcome = "failed", unsaved = "epoch_3.pt" })];
        story.Ship(1, isUploaded ? [.. events, ("CheckpointUploaded", new { })] : events);
        var before = await story.Passes.LookAsync(null, Token);

        // The guard closes its attempt in the record, too.
        story.Add(story.Record.Newest()! with { State = "interrupted", Unsaved = isUploaded ? null : "epoch_3.pt" });
        var after = await story.Passes.LookAsync(null, Token);
        Assert.Equal((standing, standing), (before.Standing.ToString(), after.Standing.ToString()));
        var expected = standing == "Ending" ? "epoch_3.pt" : null;
        Assert.Equal((expected, expected), (before.Unsaved, after.Unsaved));
    }

    [Fact]
    public async Task Who_insists_goes_on_without_the_checkpoint_that_does_not_come_to_S3()
    {
        var story = new Story("interrupted");
        story.Add(story.Record.Newest()! with { Unsaved = "epoch_3.pt" });
        var claim = new RunClaim(story.Store, Story.RunId, "tester", story.Cloud.Time);
        await claim.TakeAsync(1, false, Token);
        Assert.Equal("epoch_3.pt", (await story.Passes.WaitAsync(claim.Nonce, _ => { }, Token, leavesUnsaved: true)).Unsaved);
    }

    [Fact]
    public async Task What_a_silent_instance_commits_late_is_what_the_run_goes_on_from()
    {
        var story = new Story();
        story.Commit("epoch_1.pt", 10);
        story.Ship(1, "InterruptionDetected");
        var claim = new RunClaim(story.Store, Story.RunId, "tester", story.Cloud.Time);
        await claim.TakeAsync(1, false, Token);
        var waits = new TaskCompletionSource();
        var passed = story.Passes.WaitAsync(claim.Nonce, _ => waits.SetResult(), Token);
        await waits.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.False(passed.IsCompleted);
        story.Commit("epoch_2.pt", 20);
        story.Ship(1, "InterruptionDetected", "InterruptionHandled");
        await passed.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Equal("20", await story.ChooseAsync());
    }

    [Fact]
    public async Task A_run_that_finishes_while_it_is_waited_for_is_not_begun_again()
    {
        var story = new Story();
        var claim = new RunClaim(story.Store, Story.RunId, "tester", story.Cloud.Time);
        await claim.TakeAsync(1, false, Token);
        await Story.SettleAsync(story.Store, 1, "finished");
        Assert.Equal("RunFinished", (await Assert.ThrowsAsync<RunctlException>(() => story.Passes.WaitAsync(claim.Nonce, _ => { }, Token))).Id);
    }

    [Fact]
    public async Task A_run_that_its_guard_says_is_finished_is_so_though_its_record_was_never_written()
    {
        var story = new Story();
        story.Cloud.Ec2.Add("i-1", "terminated");
        story.Ship(1, "TrainingFinished");
        Assert.True((await story.Passes.LookAsync(null, Token)).IsFinished);
        var claim = new RunClaim(story.Store, Story.RunId, "tester", story.Cloud.Time);
        await claim.TakeAsync(1, false, Token);
        Assert.Equal("RunFinished", (await Assert.ThrowsAsync<RunctlException>(() => story.Passes.WaitAsync(claim.Nonce, _ => { }, Token))).Id);
    }

    [Theory]
    [InlineData("stopped", true)]
    [InlineData("terminated", false)]
    public async Task What_a_lost_attempt_may_have_left_on_a_stopped_disk_is_known_at_every_try(string instance, bool isLeft)
    {
        var story = new Story("lost");
        story.Cloud.Ec2.Add("i-1", instance);
        Assert.Equal(isLeft, (await story.Passes.LookAsync(null, Token)).Left is not null);
    }

    [Fact]
    public async Task Who_is_passed_over_while_waiting_steps_back()
    {
        var story = new Story();
        var claim = new RunClaim(story.Store, Story.RunId, "tester", story.Cloud.Time);
        await claim.TakeAsync(1, false, Token);
        await new RunClaim(story.Store, Story.RunId, "another", story.Cloud.Time).TakeAsync(2, true, Token);
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => story.Passes.WaitAsync(claim.Nonce, _ => { }, Token))).Id);
    }

    [Theory]
    [InlineData("size")]
    [InlineData("missing")]
    [InlineData("manifest")]
    public async Task A_damaged_newest_checkpoint_gives_way_to_the_one_before_with_a_warning(string damage)
    {
        var story = new Story("interrupted");
        story.Commit("epoch_1.pt", 10);
        var newest = story.Commit("epoch_2.pt", 20)["s3://b/".Length..];
        switch (damage)
        {
            case "size":
                story.Cloud.Store.Put("saved/i-1/checkpoints/epoch_2.pt", "weigh");
                break;
            case "missing":
                story.Cloud.Store.Objects.Remove("saved/i-1/checkpoints/epoch_2.pt", out _);
                break;
            default:
                story.Cloud.Store.Put(newest, "{\"schema\"");
                break;
        }

        Assert.Equal("10", await story.ChooseAsync());
        Assert.Contains("epoch_2.pt", Assert.Single(story.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_attempt_counts_before_older_ones_and_strangers_do_not_count()
    {
        var story = new Story("interrupted");
        var first = story.Commit("epoch_9.pt", 90);
        story.Commit("epoch_99.pt", 990, run: "other");
        story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "lost", InstanceId = "i-2", Started = DateTimeOffset.UnixEpoch, ResumedFrom = new CheckpointRecord { Manifest = first } });
        Assert.Equal("90", await story.ChooseAsync());
        story.Commit("epoch_5.pt", 50, 2, "i-2");
        Assert.Equal("50", await story.ChooseAsync());
    }

    [Fact]
    public async Task What_was_saved_before_the_run_began_anew_is_another_story()
    {
        var story = new Story("interrupted");
        story.Commit("epoch_9.pt", 90);
        story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "lost", InstanceId = "i-2", Started = DateTimeOffset.UnixEpoch });
        Assert.Null(await story.ChooseAsync());
    }
}
