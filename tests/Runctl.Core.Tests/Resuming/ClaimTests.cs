using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Core.Tests.Resuming;

/// <summary>Of those who want to resume a run one wins, in whatever order their calls reach S3 and whatever answers are lost.</summary>
public sealed class ClaimTests
{
    private const int OldInstance = 2;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [CombinatorialFates]
    public async Task Of_two_resumers_exactly_one_wins(WriteFate first, WriteFate second)
    {
        // Reading and writing of both in every order, and of what follows as it comes.
        await Task.WhenAll(Enumerable.Range(0, 1 << 6).Select(async order =>
        {
            var story = new Story("interrupted");
            var turns = new Turns([.. Enumerable.Range(0, 6).Select(bit => (order >> bit) & 1)]);
            var (a, b) = (ClaimOf(story, turns, 0, first), ClaimOf(story, turns, 1, second));
            var ends = await Task.WhenAll(turns.RunAsync(0, () => a.TakeAsync(1, false, Token)), turns.RunAsync(1, () => b.TakeAsync(1, false, Token)));
            AssertOneWinner(story, [a, b], ends);
        }));
    }

    [Theory]
    [InlineData(WriteFate.Answered)]
    [InlineData(WriteFate.AnswerLost)]
    [InlineData(WriteFate.Lost)]
    public async Task An_old_instance_that_commits_late_takes_nothing_from_the_winner_and_loses_nothing(WriteFate fate)
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async seed =>
        {
            var story = new Story();
            var random = new Random(seed);
            var turns = new Turns([.. Enumerable.Range(0, 10).Select(_ => random.Next(3))]);
            var (a, b) = (ClaimOf(story, turns, 0, fate), ClaimOf(story, turns, 1, WriteFate.Answered));
            var old = new RunStore(new ActorStore(story.Cloud.Store, turns, OldInstance, WriteFate.Answered), "b", "checkpoints/runctl", story.Cloud.Time);
            var ends = await Task.WhenAll(
                turns.RunAsync(0, () => a.TakeAsync(1, false, Token)), turns.RunAsync(1, () => b.TakeAsync(1, false, Token)), turns.RunAsync(OldInstance, () => Story.SettleAsync(old, 1, "interrupted")));
            Assert.Null(ends[OldInstance]);
            Assert.Equal("interrupted", story.Record.Attempts[0].State);
            AssertOneWinner(story, [a, b], ends[..2]);
        }));
    }

    [Fact]
    public async Task A_run_that_finished_meanwhile_is_not_claimed()
    {
        var story = new Story();
        await Story.SettleAsync(story.Store, 1, "finished");
        Assert.Equal("RunFinished", (await Assert.ThrowsAsync<RunctlException>(() => Plain(story).TakeAsync(1, true, Token))).Id);
    }

    [Fact]
    public async Task A_claim_of_another_stands_unless_it_is_passed_over_by_force_and_can_not_be_noted_then()
    {
        var story = new Story("interrupted");
        var (first, second) = (Plain(story), Plain(story));
        await first.TakeAsync(1, false, Token);
        var refused = await Assert.ThrowsAsync<RunctlException>(() => second.TakeAsync(2, false, Token));
        Assert.Equal("ResumeTaken", refused.Id);
        Assert.Contains("tester", refused.Message, StringComparison.Ordinal);
        await second.TakeAsync(2, true, Token);
        Assert.Equal(3, second.Number);
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => first.NoteAsync("i-9", "c7i.large", null, null, Token))).Id);
    }

    [Fact]
    public async Task A_claim_that_was_carried_through_since_it_was_seen_is_not_passed_over_by_force()
    {
        var story = new Story("interrupted");
        story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "running", InstanceId = "i-2", Started = DateTimeOffset.UnixEpoch });
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => Plain(story).TakeAsync(2, true, "claimed", Token))).Id);
        Assert.Equal(2, story.Record.Newest()!.Number);
    }

    [Fact]
    public async Task A_claim_that_is_given_up_leaves_the_run_to_the_next()
    {
        var story = new Story("interrupted");
        var (first, second) = (Plain(story), Plain(story));
        await first.TakeAsync(1, false, Token);
        await first.WithdrawAsync(Token);
        await second.TakeAsync(2, false, Token);
        Assert.Equal([1, 2, 3], story.Record.Attempts.Select(a => a.Number));
        Assert.Equal(["interrupted", "failed", "claimed"], story.Record.Attempts.Select(a => a.State));
        Assert.Null(story.Record.Outcome);
    }

    private static RunClaim Plain(Story story) => new(story.Store, Story.RunId, "tester", story.Cloud.Time);

    private static RunClaim ClaimOf(Story story, Turns turns, int actor, WriteFate fate) =>
        new(new RunStore(new ActorStore(story.Cloud.Store, turns, actor, fate), "b", "checkpoints/runctl", story.Cloud.Time), Story.RunId, $"actor {actor}", story.Cloud.Time);

    private static void AssertOneWinner(Story story, RunClaim[] claims, Exception?[] ends)
    {
        var winner = Assert.Single(claims, claim => claim.Number == 2);
        Assert.Equal("ResumeTaken", Assert.IsType<RunctlException>(Assert.Single(ends, end => end is not null)).Id);
        Assert.Null(ends[Array.IndexOf(claims, winner)]);
        Assert.Equal(winner.Nonce, Assert.Single(story.Record.Attempts, a => a.Number > 1).Nonce);
    }

    private sealed class CombinatorialFatesAttribute : Xunit.v3.DataAttribute
    {
        public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) => new(
            [.. from first in Enum.GetValues<WriteFate>() from second in Enum.GetValues<WriteFate>() select new TheoryDataRow<WriteFate, WriteFate>(first, second)]);

        public override bool SupportsDiscoveryEnumeration() => true;
    }
}
