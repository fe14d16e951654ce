using Runctl.Core.Tests.Fakes;
using Runctl.Instances;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

/// <summary>What it takes to stop a run for good.</summary>
public sealed class StopStepTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("running", "", "End 1")]
    [InlineData("running", "1=stopped", "Done")]
    [InlineData("running", "1=interrupted", "Mark")]
    [InlineData("claimed", "", "End 1")]
    [InlineData("interrupted", "", "Mark")]
    [InlineData("lost", "", "Mark")]
    [InlineData("finished", "", "Done")]
    [InlineData("failed", "", "Done")]
    [InlineData("stopped", "", "Done")]
    // A resume that is under way is taken back before anything else.
    [InlineData("running claimed", "", "TakeBack 2")]
    [InlineData("interrupted claimed", "", "TakeBack 2")]
    [InlineData("interrupted running", "", "End 2")]
    // A claim that was given up leaves the run as it was before; one that was taken back is the mark.
    [InlineData("interrupted !failed", "", "Mark")]
    [InlineData("interrupted !stopped", "", "Done")]
    [InlineData("running !stopped", "", "End 1")]
    [InlineData("finished !failed", "", "Done")]
    public void One_step_follows_from_the_record(string attempts, string told, string step)
    {
        var ended = told.Length == 0 ? [] : told.Split(' ').Select(t => t.Split('=')).ToDictionary(t => int.Parse(t[0], null), t => t[1]);
        var next = StopStep.Of(Record(attempts), ended);
        Assert.Equal(step, $"{next.Kind} {next.Attempt?.Number}".TrimEnd());
    }

    [Theory]
    [InlineData("running", 1, false)]
    [InlineData("interrupted claimed", 2, false)]
    [InlineData("interrupted !failed", 1, false)]
    [InlineData("interrupted !failed !failed", 1, false)]
    [InlineData("interrupted !stopped", 1, true)]
    [InlineData("!failed", 1, false)]
    [InlineData("interrupted stopped", 2, false)]
    public void A_run_is_on_the_newest_attempt_that_was_started_unless_the_next_one_is_claimed(string attempts, int number, bool isStopped)
    {
        var record = Record(attempts);
        Assert.Equal((number, isStopped), (record.Current()!.Number, record.IsStopped));
    }

    [Fact]
    public void Only_what_was_launched_for_the_claim_is_removed()
    {
        var ec2 = new FakeInstances();
        foreach (var (id, minutes, isManaged) in new[] { ("i-trained", 1, true), ("i-before", -10, true), ("i-foreign", 1, false), ("i-replacement", 1, true) })
        {
            ec2.Add(id, tags: isManaged ? new() { [RunctlTags.Managed] = "1" } : []);
            ec2.Change(id, i => i.With(copy => { copy.LaunchTime = Now.AddMinutes(minutes).UtcDateTime; }));
        }

        var record = Record("interrupted claimed").With(new AttemptRecord { Number = 1, State = RunStates.Interrupted, InstanceId = "i-trained", Started = Now });
        Assert.Equal(["i-replacement"], RunStop.LaunchedFor(record.Newest()!, record, ec2.All).Select(i => i.InstanceId));
    }

    /// <summary>The states of attempts in order; one with ! was never started.</summary>
    private static RunRecord Record(string attempts) => new()
    {
        RunId = "r",
        ProjectName = "p",
        Attempts = [.. attempts.Split(' ').Select((state, i) => new AttemptRecord
        {
            Number = i + 1, Nonce = $"n{i}", State = state.TrimStart('!'), InstanceId = state[0] == '!' ? null : $"i-{i + 1}", Claimed = Now, Started = state[0] == '!' || state == "claimed" ? null : Now,
        })],
    };
}
