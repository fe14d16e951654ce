using Runctl.Monitoring;
using Runctl.Runs;

namespace Runctl.Core.Tests.Monitoring;

public sealed class RepairPlanTests
{
    private static readonly GuardNotice Notice = new("terminate", "2026-01-31T12:00:00Z", Drill: false);

    [Theory]
    [InlineData("running", true)]
    [InlineData("setup", true)]
    [InlineData("interrupting", true)]
    [InlineData("stopping", true)]
    [InlineData("finished", false)]
    [InlineData("interrupted", false)]
    public void A_dead_guard_is_started_again_while_a_run_needs_it(string state, bool restart) =>
        Assert.Equal(restart, RepairPlan.Of(Status(alive: false, null, state), isDeaf: false).Restart);

    [Fact]
    public void A_guard_that_lives_is_left_alone() => Assert.False(RepairPlan.Of(Status(alive: true, Notice, "running"), isDeaf: false).Restart);

    [Fact]
    public void Without_a_notice_nothing_is_interrupted() => Assert.Empty(RepairPlan.Of(Status(alive: false, null, "running"), isDeaf: true).Interrupt);

    [Theory]
    [InlineData("running")]
    [InlineData("interrupting")]
    public void A_notice_without_a_guard_interrupts_what_still_runs(string state) =>
        Assert.Equal(["run-0"], RepairPlan.Of(Status(alive: false, Notice, state, "interrupted"), isDeaf: false).Interrupt);

    [Fact]
    public void A_living_guard_handles_a_notice_by_itself() => Assert.Empty(RepairPlan.Of(Status(alive: true, Notice, "running"), isDeaf: false).Interrupt);

    [Fact]
    public void A_guard_that_leaves_a_notice_alone_is_stood_in_for() =>
        Assert.Equal(["run-0"], RepairPlan.Of(Status(alive: true, Notice, "running", "interrupting"), isDeaf: true).Interrupt);

    private static GuardStatus Status(bool alive, GuardNotice? notice, params string[] states) => new()
    {
        Guard = new GuardHealth(alive, null, null, "ok"),
        Notice = notice,
        Runs = [.. states.Select((s, i) => new RunState { RunId = $"run-{i}", State = s })],
    };
}
