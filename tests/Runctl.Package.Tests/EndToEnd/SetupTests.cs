using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class SetupTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string ImageWithoutPython = "ami-0a1b2c3d4e5f40001";

    private readonly Project _project = new();

    [Fact]
    public async Task An_instance_that_is_ready_passes_and_nothing_is_left_behind()
    {
        var instance = sandbox.Launch();
        var before = await sandbox.Other.ListObjectsAsync("runctl-sandbox", "checkpoints/");
        var result = Test($"{instance} -Script $script");
        Assert.Empty(result.Errors);
        var checks = Checks(result);
        Assert.Equal(
            [
                "Configuration", "Region", "Credentials", "Bucket", "BucketWrite", "Script", "SigtermHandler", "TorchrunGrace", "HandlerEarly", "ScriptLineEnds", "Instance", "SpotInstance", "InstanceProfile", "MetadataHopLimit",
                "SsmAgent", "SsmCommand", "Python", "Systemd", "MetadataService", "InstanceRole", "InstanceBucket", "Orders", "Guard", "CheckpointDirectory", "DiskSpace", "RecentCheckpoint", "CheckpointFits",
            ],
            checks.Keys);
        Assert.All(checks.Where(check => check.Key is not ("Guard" or "RecentCheckpoint" or "CheckpointFits")), check => Assert.True(check.Value.Passed, $"{check.Key}: {check.Value.Seen}"));
        Assert.Contains("from the sandbox", checks["Credentials"].Seen);
        Assert.Contains("from Session", checks["Region"].Seen);
        Assert.Matches("No training", checks["Guard"].Seen);
        Assert.Matches(@"up to [\d.]+ \w+ fit", checks["CheckpointFits"].Seen);
        Assert.DoesNotContain((await sandbox.Other.ListObjectsAsync("runctl-sandbox", "checkpoints/")).Except(before), key => key.Contains("runctl-check-", StringComparison.Ordinal));
        Assert.False(Directory.Exists(sandbox.PathOn(instance, $"home/ubuntu/{Path.GetFileName(_project.Directory)}")));
        Assert.True((bool)Test($"{instance} -Quiet").Single);
    }

    [Theory]
    [InlineData("Operation = 's3:PutObject'; Kind = 'ClientError'; Code = 'AccessDenied'", "BucketWrite", false, "s3:PutObject")]
    [InlineData("Operation = 's3:ListObjectsV2'; Kind = 'ClientError'; Code = 'AccessDenied'", "Bucket", false, "s3:ListBucket")]
    [InlineData("Operation = 'sts:GetCallerIdentity'; Kind = 'ClientError'; Code = 'InvalidClientTokenId'", "Credentials", false, "Check the credentials")]
    [InlineData("Operation = 's3:DeleteObject'; Kind = 'ClientError'; Code = 'AccessDenied'", "BucketWrite", true, null)]
    public void What_does_not_work_from_here_is_named_with_its_remedy(string fault, string check, bool passed, string? remedy)
    {
        sandbox.Fault(fault);
        var checks = Checks(Test(""));
        Assert.Equal(passed, checks[check].Passed);
        Assert.Contains(remedy ?? "", checks[check].Remedy ?? "");
        if (passed)
        {
            Assert.Matches("deleting is not allowed, so s3://runctl-sandbox/checkpoints/.*runctl-check-", checks[check].Seen);
        }
    }

    [Theory]
    [InlineData("Operation = 's3:PutObject'; Kind = 'ClientError'; Code = 'AccessDenied'; InstanceId = '{0}'", "", "InstanceBucket", "The role of the instance's profile")]
    [InlineData("Operation = 's3:PutObject'; Kind = 'ClientError'; Code = 'PermanentRedirect'; InstanceId = '{0}'", "", "InstanceBucket", "own region")]
    [InlineData("Operation = 'imds:*'; Kind = 'ClientError'; Status = 403; InstanceId = '{0}'", "", "MetadataService", "--http-endpoint enabled")]
    [InlineData("Operation = 'imds:*security-credentials*'; Kind = 'ClientError'; Status = 404; InstanceId = '{0}'", "", "InstanceRole", "a profile with a role")]
    [InlineData(null, "-CheckpointDirectory /etc/passwd/x", "CheckpointDirectory", "login user")]
    public void What_does_not_work_on_the_instance_is_named_with_its_remedy(string? fault, string options, string check, string remedy)
    {
        if (fault is not null)
        {
            sandbox.Fault(string.Format(System.Globalization.CultureInfo.InvariantCulture, fault, sandbox.Instance));
        }

        var checks = Checks(Test($"{sandbox.Instance} {options}"));
        Assert.False(checks[check].Passed, checks[check].Seen);
        Assert.Contains(remedy, checks[check].Remedy);
        Assert.True(checks["Python"].Passed);
    }

    [Fact]
    public void A_launch_is_judged_for_the_types_that_are_named_and_nothing_is_launched()
    {
        Assert.DoesNotContain("Launch", Checks(Test("")).Keys);
        var before = sandbox.Run("Get-RunctlInstance").Output.Count;
        var launch = Checks(Test("-InstanceType G5.xlarge, g4dn.xlarge"))["Launch"];
        Assert.True(launch.Passed, launch.Seen);
        Assert.Contains("g5.xlarge or g4dn.xlarge", launch.Seen);
        Assert.Contains("get-service-quota --service-code ec2 --quota-code L-3819A6DF --region us-east-1", launch.Seen);
        Assert.False(Checks(Test("-InstanceType g5.xlrage"))["Launch"].Passed);
        _project.Write(".runctl.toml", "[aws]\ndefault_instance_type = \"G5.xlarge\"\n");
        launch = Checks(Test(""))["Launch"];
        Assert.True(launch.Passed, launch.Seen);
        Assert.Contains("1 spot instance of g5.xlarge in", launch.Seen);
        Assert.Equal(before, sandbox.Run("Get-RunctlInstance").Output.Count);
    }

    [Fact]
    public void Prefixes_that_contain_each_other_fail_the_check_of_the_settings()
    {
        _project.Write(".runctl.toml", "[aws]\ns3_prefix = \"checkpoints\"\n");
        var check = Checks(Test(""))["Configuration"];
        Assert.False(check.Passed);
        Assert.Contains("overlap", check.Seen);
    }

    [Theory]
    [InlineData("print('steps')", 90, "SigtermHandler", "no handler of SIGTERM", "module/samples")]
    [InlineData("#!/bin/sh\nexec torchrun worker.py", 31, "TorchrunGrace", "30 s after SIGTERM; the grace period of 31 s", "TORCH_ELASTIC_SHUTDOWN_TIMEOUT")]
    [InlineData("#!/bin/sh\nexec torchrun worker.py", 30, "TorchrunGrace", "the grace period is 30 s", null)]
    public void A_script_that_would_not_save_in_time_is_named_with_its_remedy(string script, int grace, string check, string seen, string? remedy)
    {
        _project.Write("train.py", script);
        _project.Write(".runctl.toml", $"[spot]\ngrace_period = \"{grace}s\"\n[training]\nsignal_to = \"launcher\"\n");
        var found = Checks(Test("-Script $script"))[check];
        Assert.Equal(remedy is null, found.Passed);
        Assert.Contains(seen, found.Seen);
        Assert.Contains(remedy ?? "", found.Remedy ?? "");
    }

    [Fact]
    public async Task A_bucket_that_is_missing_or_elsewhere_is_named()
    {
        Assert.Contains("no bucket no-such-bucket", Checks(Test("-S3Bucket no-such-bucket"))["Bucket"].Seen);
        await sandbox.Other.CreateBucketAsync("far-away-too", "eu-central-1");
        var checks = Checks(Test("-S3Bucket far-away-too"));
        Assert.Contains("far-away-too is in eu-central-1, not in us-east-1", checks["Bucket"].Seen);
        Assert.Contains("s3_bucket", checks["Bucket"].Remedy);
    }

    [Fact]
    public void A_bucket_of_another_kind_fails_its_check_alone_and_nothing_is_started_with_it()
    {
        const string Fast = "fast--use1-az4--x-s3";
        _project.Write(".runctl.toml", $"[aws]\ns3_bucket = \"{Fast}\"\n[training]\nproject_name = \"named\"\n");
        foreach (var checks in new[] { Checks(Test("")), Checks(Test("-S3Bucket s3://mine/prefix")) })
        {
            Assert.True(checks["Configuration"].Passed);
            Assert.False(checks["Bucket"].Passed);
            Assert.Contains("general purpose bucket", checks["Bucket"].Remedy);
            Assert.Equal("Not tried: Bucket failed.", checks["BucketWrite"].Seen);
        }

        Assert.Contains("directory bucket", Checks(Test(""))["Bucket"].Seen);
        foreach (var command in new[] { "Start-RunctlTraining $script i-0123456789abcdef0 -SyncCode", "Resume-RunctlTraining -RunId r", "Watch-RunctlSpotInterruption i-0123456789abcdef0 -ProcessName x", "Get-RunctlCheckpoint", "Initialize-RunctlConfiguration -S3Bucket arn:aws:s3:::mine -Force" })
        {
            Assert.Equal("BucketNameInvalid", sandbox.Run(command).ErrorId);
        }
    }

    [Fact]
    public async Task An_instance_without_a_profile_and_on_demand_is_told_so_and_the_rest_is_not_tried()
    {
        var instance = await sandbox.Other.LaunchAsync(null);
        await sandbox.Other.WaitForAsync(instance, "running");
        var checks = Checks(Test(instance));
        Assert.False(checks["SpotInstance"].Passed);
        Assert.False(checks["InstanceProfile"].Passed);
        Assert.False(checks["MetadataHopLimit"].Passed);
        Assert.Contains("--http-put-response-hop-limit 2", checks["MetadataHopLimit"].Remedy);
        Assert.Equal("Not tried: InstanceProfile failed.", checks["SsmAgent"].Seen);
        Assert.All(new[] { "SsmAgent", "SsmCommand", "Python", "InstanceBucket", "CheckpointFits" }, name => Assert.Null(checks[name].Passed));

        await sandbox.Other.StopAsync(instance);
        checks = Checks(Test(instance));
        Assert.False(checks["Instance"].Passed);
        Assert.StartsWith("stopped", checks["Instance"].Seen);
        Assert.Equal("Start it.", checks["Instance"].Remedy);
        Assert.Equal("Not tried: Instance failed.", checks["SsmAgent"].Seen);
    }

    [Fact]
    public void An_instance_that_does_not_exist_or_is_out_of_reach_or_has_no_python3_is_told_so()
    {
        var checks = Checks(Test("i-00000000000000000"));
        Assert.False(checks["Instance"].Passed);
        Assert.Contains("us-east-1", checks["Instance"].Seen);
        Assert.Null(checks["SpotInstance"].Passed);

        string bare = sandbox.Run($"New-RunctlSpotInstance g5.xlarge -ImageId {ImageWithoutPython} -Wait").Single.InstanceId;
        checks = Checks(Test(bare));
        Assert.True(checks["SsmCommand"].Passed);
        Assert.False(checks["Python"].Passed);
        Assert.Contains("no python3", checks["Python"].Seen);
        Assert.Equal("Not tried: Python failed.", checks["Systemd"].Seen);
        Assert.Equal("Not tried: Python failed.", checks["DiskSpace"].Seen);

        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {bare} -SsmOffline").Errors);
        checks = Checks(Test(bare));
        Assert.False(checks["SsmAgent"].Passed);
        Assert.Null(checks["SsmCommand"].Passed);
    }

    [Fact]
    public void A_training_that_runs_is_not_disturbed_and_its_checkpoints_are_looked_at()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        var checkpoint = Path.Combine((string)sandbox.PathOn(instance, "home/ubuntu"), (string)sandbox.Run("$run.ProjectName").Single, "checkpoints", "epoch_9.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        using (var file = new FileStream(checkpoint, FileMode.CreateNew))
        {
            // Sparse: larger than any disk writes in two minutes.
            file.SetLength(4L << 40);
        }

        var checks = Checks(Test($"{instance} -Script $script"));
        Assert.True(checks["Guard"].Passed, checks["Guard"].Seen);
        Assert.True(checks["RecentCheckpoint"].Passed);
        Assert.Contains("epoch_9.bin, 4 TiB", checks["RecentCheckpoint"].Seen);
        Assert.False(checks["CheckpointFits"].Passed);
        Assert.False(checks["DiskSpace"].Passed);
        File.Delete(checkpoint);
        Assert.Equal("running", sandbox.Run("($run | Get-RunctlTraining).State").Single);
        Assert.NotNull(sandbox.Run("$run | Stop-RunctlTraining").Single.Checkpoint);
    }

    [Fact]
    public void A_configuration_that_can_not_be_read_fails_alone()
    {
        _project.Write(".runctl.toml", "[aws]\nregion = us-east-1\n");
        var checks = Checks(Test(""));
        Assert.False(checks["Configuration"].Passed);
        Assert.Matches(@"\.runctl\.toml:2:\d+: ", checks["Configuration"].Seen);
        Assert.True(checks["BucketWrite"].Passed);
    }

    [Fact]
    public void Without_credentials_or_with_a_wrong_region_only_what_needs_them_is_not_tried()
    {
        using var plain = new ModuleSession();
        plain.GoTo(_project.Directory);
        plain.Set("script", _project["train.py"]);
        var checks = Checks(plain.Run("Test-RunctlSetup i-1 -Script $script -S3Bucket bucket -Region us-east-1 -EndpointUrl http://127.0.0.1:9/"));
        Assert.False(checks["Credentials"].Passed);
        Assert.Contains("Start-RunctlSandbox", checks["Credentials"].Remedy);
        Assert.Equal("Not tried: Credentials failed.", checks["Bucket"].Seen);
        Assert.Null(checks["Instance"].Passed);
        Assert.True(checks["SigtermHandler"].Passed);
        checks = Checks(plain.Run("Test-RunctlSetup -S3Bucket bucket -Region nowhere"));
        Assert.False(checks["Region"].Passed);
        Assert.Null(checks["Credentials"].Passed);
        Assert.False(Checks(plain.Run("Test-RunctlSetup -Region us-east-1"))["Bucket"].Passed);
    }

    [Fact]
    public void A_failed_check_is_no_error_and_Quiet_says_it()
    {
        sandbox.Enter(_project);
        Assert.Equal([true, false], sandbox.Run("$null = Test-RunctlSetup -S3Bucket no-such-bucket; $?; Test-RunctlSetup -S3Bucket no-such-bucket -Quiet").Output.Select(item => (bool)item.BaseObject));
    }

    [Fact]
    public void A_script_that_is_missing_is_told_and_a_check_reads_as_a_line_with_what_to_do()
    {
        var shown = Show("-Script ./no-such.py");
        Assert.Matches(@"(?m)^NO     Script +.*no-such\.py", shown);
        Assert.Matches(@"(?m)^\?      SigtermHandler +Not tried: Script failed\.", shown);
        Assert.Matches(@"(?m)^yes    Region", shown);
        Assert.Contains("-> ", shown);
        Assert.Matches(@"(?m)^NO     Script ", Show("-Script ."));
        Assert.Matches(@"(?m)^NO     Script ", Show("-Script /etc/passwd"));
    }

    public void Dispose()
    {
        sandbox.Run("Set-RunctlSandbox -ClearFault");
        _project.Dispose();
    }

    private SessionResult Test(string options)
    {
        sandbox.Enter(_project);
        return sandbox.Run($"Test-RunctlSetup {options}");
    }

    private string Show(string options)
    {
        sandbox.Enter(_project);
        return sandbox.Show($"Test-RunctlSetup {options}");
    }

    private static Dictionary<string, (bool? Passed, string Seen, string? Remedy)> Checks(SessionResult result)
    {
        Assert.Empty(result.Errors.Select(error => error.ToString()));
        return result.Output.ToDictionary(
            item => (string)item.Properties["Name"].Value, item => ((bool?)item.Properties["Passed"].Value, (string)item.Properties["Seen"].Value, (string?)item.Properties["Remedy"].Value));
    }
}
