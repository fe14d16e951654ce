using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

public sealed class RunsOnInstanceTests
{
    private const string Here = "i-here", Elsewhere = "i-elsewhere";

    [Fact]
    public void An_instance_means_what_trains_on_it() =>
        Assert.Equal(["trains", "too"], Meant(Run("trains", RunStates.Running, 1), Run("too", RunStates.Preparing, 0), Run("ended", RunStates.Finished, 2)));

    [Fact]
    public void An_idle_instance_means_the_run_that_ended_there_and_not_one_that_went_on_elsewhere() =>
        Assert.Equal(["ended"], Meant(Run("ended", RunStates.Finished, 1), Run("moved", RunStates.Running, 5, Elsewhere)));

    [Fact]
    public void An_instance_that_all_have_left_means_the_run_that_went_on_last() =>
        Assert.Equal(["later"], Meant(Run("earlier", RunStates.Running, 4, Elsewhere), Run("later", RunStates.Running, 5, Elsewhere)));

    [Fact]
    public void A_lost_instance_means_all_runs_that_were_cut_off_with_the_last_one() =>
        Assert.Equal(["last", "beside"], Meant(
            Run("last", RunStates.Interrupted, 5), Run("beside", RunStates.Lost, 3), Run("before", RunStates.Interrupted, 1, ended: 2), Run("over", RunStates.Finished, 4)));

    [Fact]
    public void A_run_that_was_cut_off_before_another_one_ended_there_is_not_meant() =>
        Assert.Equal(["last"], Meant(Run("last", RunStates.Finished, 5), Run("before", RunStates.Interrupted, 1)));

    private static IEnumerable<string> Meant(params RunctlTraining[] runs) => RunsOnInstance.Meant(runs, Here).Select(run => run.RunId);

    private static RunctlTraining Run(string id, string state, int started, string instanceId = Here, int? ended = null) => new()
    {
        RunId = id,
        State = state,
        InstanceId = instanceId,
        InstanceIds = [Here],
        Started = DateTime.UnixEpoch.AddHours(started),
        Ended = ended is { } hours ? DateTime.UnixEpoch.AddHours(hours) : null,
    };
}
