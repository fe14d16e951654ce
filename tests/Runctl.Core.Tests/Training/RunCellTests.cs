using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

/// <summary>What a session knows of a run now.</summary>
public sealed class RunCellTests
{
    [Fact]
    public void The_newest_attempt_says_where_the_run_is()
    {
        var cell = new RunCell("r");
        cell.See(1, "i-1");
        cell.See(2, "i-2");
        cell.See(1, "i-1");
        Assert.Equal((2, "i-2"), (cell.Attempt, cell.Instance));
    }

    [Fact]
    public void A_claim_without_an_instance_leaves_the_run_where_it_was()
    {
        var cell = new RunCell("r");
        cell.See(1, "i-1");
        cell.See(2, "");
        Assert.Equal("i-1", cell.Instance);
    }

    [Theory]
    [InlineData("interrupted", false, 1, false)]
    [InlineData("interrupted", true, 1, true)]
    [InlineData("lost", true, 1, true)]
    [InlineData("interrupted", false, 2, true)]
    [InlineData("running", true, 1, false)]
    [InlineData("claimed", true, 1, false)]
    [InlineData("finished", true, 2, false)]
    [InlineData("stopped", true, 2, false)]
    public void An_attempt_that_was_cut_off_is_not_the_end_of_a_run_that_continues(string state, bool isResumed, int newest, bool continues)
    {
        var cell = new RunCell("r");
        cell.See(newest, "i-1");
        cell.Add(() => isResumed);
        Assert.Equal(continues, cell.ReasonToContinue(1, state) is not null);
    }

    [Theory]
    [InlineData("i-1", true, false, "Run r was on i-1, and this session resumes it on another instance. Stop-RunctlTraining r -RemoveInstance ends the run and removes that instance.")]
    [InlineData("i-1", true, true, null)]
    [InlineData("i-1", false, false, null)]
    [InlineData("i-0", true, true, "Run r, which was on i-0, is on i-1 now, which is not removed. Remove-RunctlInstance r removes it.")]
    public void Who_removes_an_instance_of_a_run_that_goes_on_elsewhere_is_told_what_removes_that(string removed, bool isResumed, bool isEnded, string? told)
    {
        var cell = new RunCell("r");
        cell.See(2, "i-1");
        cell.Add(() => isResumed);
        Assert.Equal(told, cell.AfterRemovalOf(removed, isEnded));
    }

    [Fact]
    public void A_training_between_two_attempts_says_why_it_has_not_ended()
    {
        var isResumed = true;
        var cell = new RunCell("r");
        cell.See(1, "i-1");
        cell.Add(() => isResumed);
        var training = new RunctlTraining { RunId = "r", State = RunStates.Interrupted, Cell = cell };
        Assert.Equal(("this session resumes it", false), (training.StateReason, training.HasEnded));
        Assert.Equal("this session resumes it", training.With(copy => { copy.State = RunStates.Claimed; copy.Attempt = 2; }).StateReason);
        isResumed = false;
        Assert.Equal((null, true), (training.StateReason, training.HasEnded));
        cell.See(2, "i-2");
        Assert.Equal(("attempt 2 continues it on i-2", false), (training.StateReason, training.HasEnded));
        Assert.Equal((null, true), (new RunctlTraining { State = RunStates.Interrupted }.StateReason, new RunctlTraining { State = RunStates.Interrupted }.HasEnded));
    }

    [Theory]
    [InlineData(1, RunStates.Finished, true)]
    [InlineData(1, RunStates.Stopped, true)]
    [InlineData(2, RunStates.Stopped, true)]
    [InlineData(1, RunStates.Interrupted, false)]
    [InlineData(1, RunStates.Running, false)]
    public void A_run_that_is_over_is_not_resumed_until_a_newer_attempt_begins(int attempt, string state, bool isOver)
    {
        var cell = new RunCell("r");
        cell.Add(() => true);
        cell.See(1, "i-1", RunStates.Running);
        cell.See(attempt, "", state);
        Assert.Equal((isOver, !isOver), (cell.IsOver, cell.IsResumed));
        cell.See(attempt + 1, "i-2", RunStates.Running);
        Assert.Equal((false, true), (cell.IsOver, cell.IsResumed));
    }

    [Theory]
    [InlineData(RunStates.Interrupted, null)]
    [InlineData(RunStates.Stopped, null)]
    [InlineData(RunStates.Running, null)]
    [InlineData(RunStates.Finished, 0)]
    [InlineData(RunStates.Failed, 0)]
    public void An_exit_code_is_shown_once_the_script_itself_has_ended(string state, int? shown)
    {
        var view = new RunProjection(new Fakes.FakeCloud(), store: null);
        var record = new RunRecord { RunId = "r", ProjectName = "p", Attempts = [new AttemptRecord { Number = 1, State = state, InstanceId = "i-1", Started = DateTimeOffset.UnixEpoch, ExitCode = 0 }] };
        Assert.Equal(shown, view.Of(record, record.Attempts[0], "train.py", instanceIsGone: false).ExitCode);
        Assert.Equal(shown, view.Of(new RunState { RunId = "r", State = state, ExitCode = 0 }, "i-1", "train.py", "p").ExitCode);
    }
}
