namespace Runctl.Package.Tests.EndToEnd;

public sealed class TrainingLifeTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void Stop_saves_and_uploads_and_the_log_outlives_the_instance()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        var stopped = sandbox.Run("$run | Stop-RunctlTraining").Single;
        Assert.Equal("stopped", stopped.State);
        var checkpoint = sandbox.Run("$run | Get-RunctlCheckpoint -Latest").Single;
        Assert.Equal("manual", checkpoint.Reason);
        Assert.Equal(checkpoint.Manifest, stopped.Checkpoint.Manifest);

        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false").Errors);
        Assert.Contains(sandbox.Run("Get-RunctlTrainingLog $run").Output, line => line.ToString().StartsWith("saved ", StringComparison.Ordinal));
        Assert.Equal("stopped", sandbox.Run("Get-RunctlTraining $run.RunId").Single.State);
    }

    [Fact]
    public void Wait_gives_the_exit_code()
    {
        _project.Write("later.py", "import sys, time; time.sleep(3); sys.exit(42)");
        Assert.Empty(sandbox.Start(_project, sandbox.Instance, script: "later.py").Errors);
        var ended = sandbox.Run("$run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        Assert.Equal(42, ended.ExitCode);
        Assert.Equal("failed", ended.State);
    }

    [Fact]
    public void WhatIf_of_a_launch_names_types_place_and_price_and_launches_nothing()
    {
        var before = Ids();
        var shown = sandbox.Show("New-RunctlSpotInstance g5.xlarge -WhatIf");
        Assert.Contains("What if:", shown);
        Assert.Contains("g5.xlarge", shown);
        Assert.Contains("us-east-1", shown);
        Assert.Matches(@"\d\.\d+", shown.Replace("g5.xlarge", "", StringComparison.Ordinal));
        // Those of other tests may go meanwhile.
        Assert.Subset(before, Ids());
    }

    [Fact]
    public void WhatIf_of_a_start_names_script_instance_and_place_and_starts_nothing()
    {
        sandbox.Enter(_project);
        var before = Count("Get-RunctlTraining");
        var shown = sandbox.Show($"Start-RunctlTraining $script {sandbox.Instance} -SyncCode -WhatIf");
        Assert.Contains("train.py", shown);
        Assert.Contains(sandbox.Instance, shown);
        Assert.Contains("s3://", shown);
        Assert.Equal(before, Count("Get-RunctlTraining"));
    }

    [Fact]
    public void WhatIf_of_a_removal_names_the_instance_and_leaves_it()
    {
        var shown = sandbox.Show($"Remove-RunctlInstance {sandbox.Instance} -WhatIf");
        Assert.Contains(sandbox.Instance, shown);
        Assert.Contains("g5.xlarge", shown);
        Assert.Contains("us-east-1", shown);
        Assert.Equal("running", sandbox.Run($"Get-RunctlInstance {sandbox.Instance}").Single.State);
    }

    public void Dispose() => _project.Dispose();

    private HashSet<string> Ids() => [.. sandbox.Run("Get-RunctlInstance | ForEach-Object InstanceId").Output.Select(id => id.ToString())];

    private int Count(string command) => sandbox.Run($"@({command}).Count").Single;
}
