namespace Runctl.Package.Tests.EndToEnd;

public sealed class TwoRunsTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void A_second_run_on_an_instance_needs_a_checkpoint_directory_of_its_own_and_then_both_survive()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        string first = sandbox.Run("$first = $run; $first.RunId").Single;

        var refused = sandbox.Start(_project, instance);
        Assert.Equal("CheckpointDirectoryInUse", refused.ErrorId);
        Assert.Contains(first, refused.Error.ToString());
        Assert.Contains("-CheckpointDirectory", refused.Error.ErrorDetails.RecommendedAction);
        Assert.Equal("running", sandbox.Run("($first | Get-RunctlTraining).State").Single);

        Assert.Empty(sandbox.Start(_project, instance, "-CheckpointDirectory second").Errors);
        sandbox.WaitForSteps();
        string second = sandbox.Run("$run.RunId").Single;
        Assert.True(sandbox.Run("$report = $first | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report").Single.Passed);
        foreach (var run in new[] { first, second })
        {
            var ended = sandbox.Run($"Get-RunctlTraining {run}").Single;
            Assert.Equal("interrupted", ended.State);
            Assert.Equal(run, sandbox.Run($"Get-RunctlCheckpoint -RunId {run} -Latest").Single.RunId);
            Assert.Equal(ended.Checkpoint.Manifest, sandbox.Run($"(Get-RunctlCheckpoint -RunId {run} -Latest).Manifest").Single);
        }
    }

    public void Dispose() => _project.Dispose();
}
