using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

public sealed class ResumingByHandTests : ResumingTests
{
    [Fact]
    public async Task An_interrupted_run_is_resumed_by_hand_from_its_last_step_with_everything_it_had()
    {
        // Nothing of it is the default.
        Start("-ScriptArgument '--steps', 4000 -Environment @{ EXIT_CODE = '7' } -NoMonitor", "-SubnetId subnet-0a1b2c3d4e5f6000c -VolumeSize 142 -MaxPrice 0.9 -Tag @{ team = 'vision' }");
        var other = new OtherClient(Session.Run("$sandbox.GetAdministratorEnvironment()").Single);
        var had = await other.DescribeAsync(Session.Run("$run.InstanceId").Single);
        Assert.Matches("subnet-0a1b2c3d4e5f6000c, .* up to 0.90 USD, team=vision, 142 GiB with team=vision", had);
        Interrupt();
        var told = Session.Show("Resume-RunctlTraining $run.InstanceId -WhatIf").ReplaceLineEndings(" ");
        Assert.Matches(@"train\.py of run journey-.* \(attempt 2\) from epoch_\d+\.json .* on 1 spot instance of g5\.xlarge or g4dn\.xlarge", told);
        Assert.Single(Session.Run("@(Get-RunctlInstance | Where State -eq running; 1)").Output);
        File.WriteAllText(Path.Combine(Session.Directory, "train.py"), "raise SystemExit('today\'s copy is not what was trained')");
        dynamic resumed = Session.Run("$resumed = $run | Resume-RunctlTraining -PollInterval 500ms; $resumed").Single;
        Assert.Equal(2, resumed.Attempt);
        Assert.NotNull(resumed.MonitorJob);
        Assert.Equal(had, await other.DescribeAsync(resumed.InstanceId));
        dynamic ended = Session.Run("$resumed | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        dynamic report = Session.Run("$report").Single;
        Assert.Equal((report.LastStep + 1, 0L, 7), ((long)ended.FirstStep, (long)ended.StepsLost, (int)ended.ExitCode));
        // The record has the end a little later than the guard tells of it.
        Session.WaitUntil("$run | Resume-RunctlTraining -FromScratch -WhatIf -ErrorVariable refused -ErrorAction SilentlyContinue; -not $refused");
    }
}
