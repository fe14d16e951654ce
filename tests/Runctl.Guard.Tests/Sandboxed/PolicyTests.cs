using Runctl.Instances;
using Runctl.Policies;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Sandbox;
using Runctl.Setup;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>The printed policies are the least ones: an action that is missing is denied, and here every one that is printed is needed.</summary>
public sealed class PolicyTests
{
    private const string Key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private static readonly string[] Tried = ["Bucket", "BucketWrite", "InstanceBucket", "Orders"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Over 5 s: instances are launched, stopped and started, and an upload is cut off twice.</summary>
    [Fact]
    public async Task Everything_that_the_policies_allow_is_needed_by_the_person_or_by_the_role()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The sandbox runs on Linux.");
        await using var sandbox = new GuardSandbox();
        await sandbox.InitializeAsync();
        var vault = new Vault(sandbox);
        var environment = new Dictionary<string, string> { ["KEY"] = await vault.ParameterAsync("a"), ["TOKEN"] = await vault.SecretAsync("b") };

        await PowerAsync(sandbox.Cloud);
        await OrdersAsync(sandbox);
        await TrainAsync(sandbox, environment);
        await SetupAsync(sandbox);

        var scope = PolicyScope.Of(new() { S3Bucket = sandbox.Sandbox.Bucket, S3KmsKeyId = Key, TrainingEnvironment = environment })!;
        Assert.Equal(
            Enum.GetValues<RunctlPolicyFor>().SelectMany(side => scope.Policy(side).Statements.SelectMany(one => one.Actions.Select(action => Line(side == RunctlPolicyFor.Instance, one.Sid, action)))).Order(StringComparer.Ordinal),
            sandbox.Sandbox.UsedPermissions.Select(one => Line(one.IsRole, one.Sid, one.Action)).Order(StringComparer.Ordinal));
    }

    private static string Line(bool isRole, string sid, string action) => $"{(isRole ? "role" : "person")} {sid} {action}";

    /// <summary>An instance of a persistent request, stopped, started and removed.</summary>
    private static async Task PowerAsync(ICloud cloud)
    {
        var launcher = new SpotLauncher(cloud, TimeProvider.System);
        var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["g5.xlarge"], IamInstanceProfile = new SandboxOptions().InstanceProfile, InterruptionBehavior = RunctlInterruptionBehavior.Stop }, Ct);
        var instance = (await launcher.LaunchAsync(plan, new Nothing(), Ct))[0];
        await launcher.WaitUntilReadyAsync(instance.InstanceId, TimeSpan.FromSeconds(240), new Nothing(), Ct);
        var control = new InstancePower(cloud, new Runctl.Configuration.RunctlConfiguration(), TimeProvider.System);
        await control.StopAsync(instance, Ct);
        await control.WaitForStateAsync(instance.InstanceId, ["stopped"], TimeSpan.FromSeconds(120), new Nothing(), Ct);
        Assert.True(await control.StartAsync(instance, Ct));
        await new InstanceRemoval(cloud).RemoveAsync(instance, Ct);
        Assert.Single(await cloud.Instances.FindSpotRequestsAsync([instance.SpotInstanceRequestId!], new Dictionary<string, string?>(), Ct));
    }

    /// <summary>An upload of the person that fails half-way.</summary>
    private static async Task OrdersAsync(GuardSandbox sandbox)
    {
        var failing = sandbox.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "s3:UploadPart", Kind = SandboxFaultKind.ClientError, Skip = 1 });
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, new byte[20 << 20], Ct);
            await Assert.ThrowsAnyAsync<Exception>(() => sandbox.Cloud.Objects.UploadAsync(sandbox.Sandbox.Bucket, new RunKeys("checkpoints/runctl").Resume("run-1", "a.pt"), path, WriteCondition.Always, Ct));
        }
        finally
        {
            File.Delete(path);
            failing.Remove();
        }
    }

    /// <summary>A training whose uploads are cut off: by a change of the file, and with their guard.</summary>
    private static async Task TrainAsync(GuardSandbox sandbox, Dictionary<string, string> environment)
    {
        await using var run = await sandbox.StartAsync(new Scenario(Python.Beginning + """
            ready()
            while not os.path.exists("go"):
                time.sleep(0.05)
            put("step_1.bin", os.urandom(24 << 20))
            wait()
            """) { Configure = settings => settings with { TrainingEnvironment = environment }, Encryption = new ObjectEncryption("aws:kms", Key) });
        await run.PrintedAsync("ready");
        var stuck = sandbox.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "s3:UploadPart", Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromHours(1), Skip = 1, InstanceId = run.InstanceId });
        await File.WriteAllTextAsync(Path.Combine(run.Project, "go"), "", Ct);
        await GuardedRun.EventuallyAsync(() => stuck.Hits > 0, run.Tell);
        Assert.Equal(0, (await run.ShellAsync("printf x >> \"$RUNCTL_ROOT\"/home/ubuntu/digits/checkpoints/step_1.bin")).ExitCode);
        await GuardedRun.EventuallyAsync(() => HasUsed(sandbox, "s3:AbortMultipartUpload"), run.Tell);
        var before = stuck.Hits;
        await GuardedRun.EventuallyAsync(() => stuck.Hits > before, run.Tell);
        await run.ReplaceGuardAsync();
        stuck.Remove();
        await run.WaitForAsync("CheckpointUploaded");
        Assert.True(HasUsed(sandbox, "s3:ListMultipartUploadParts"), run.Tell());

        // The monitor asks many instances by one command, and a cmdlet that is stopped cancels its own.
        var command = await sandbox.Cloud.Commands.SendAsync(new ShellCommand([run.InstanceId], "sleep 60", TimeSpan.FromSeconds(90), "test"), Ct);
        await sandbox.Cloud.Commands.CancelAsync(command, Ct);
        await sandbox.Cloud.Commands.ListOutcomesAsync(command, Ct);
        await run.InterruptAsync();
    }

    private static async Task SetupAsync(GuardSandbox sandbox)
    {
        var instance = await sandbox.LaunchAsync();
        var request = new SetupRequest { Configuration = new() { S3Bucket = sandbox.Sandbox.Bucket }, CredentialSource = "a test", ProjectDirectory = Path.GetTempPath() };
        var here = new LocalChecks(sandbox.Cloud, request);
        var checks = new List<RunctlSetupCheck>();
        await foreach (var check in here.RunAsync(Ct))
        {
            checks.Add(check);
        }

        await foreach (var check in new InstanceChecks(sandbox.Cloud, request, instance, here.Failed, TimeProvider.System).RunAsync(Ct))
        {
            checks.Add(check);
        }

        Assert.All(checks, check => Assert.NotEqual(false, check.Passed));
        Assert.All(Tried, name => Assert.True(checks.Single(check => check.Name == name).Passed));
    }

    private static bool HasUsed(GuardSandbox sandbox, string action) => sandbox.Sandbox.UsedPermissions.Any(one => one.IsRole && one.Action == action);

    private sealed class Nothing : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value) => ArgumentNullException.ThrowIfNull(value);
    }
}
