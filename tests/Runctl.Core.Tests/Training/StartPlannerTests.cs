using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Resuming;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

public sealed class StartPlannerTests : IDisposable
{
    private readonly TempDirectory _project = new();
    private readonly FakeCloud _cloud = new();

    public StartPlannerTests() => _project.Write("train.py", "");

    [Theory]
    [InlineData("pending", "try again in a moment")]
    [InlineData("stopping", "Start-RunctlInstance i-1 -Wait")]
    [InlineData("stopped", "Start-RunctlInstance i-1 -Wait")]
    [InlineData("shutting-down", "New-RunctlSpotInstance")]
    [InlineData("terminated", "New-RunctlSpotInstance")]
    public async Task An_instance_that_does_not_run_is_told_with_its_state_and_what_to_do(string state, string action)
    {
        _cloud.Ec2.Add("i-1", state);
        var error = await RefusalAsync();
        Assert.Equal("InstanceNotRunning", error.Id);
        Assert.Equal($"Instance i-1 is {state}.", error.Message);
        Assert.Contains(action, error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_instance_that_SSM_has_never_seen_is_told_with_its_profile()
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Offline.Add("i-1");
        var error = await RefusalAsync();
        Assert.Equal("InstanceNotOnline", error.Id);
        Assert.Contains("profile Profile", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_no_process_can_be_given_is_refused_and_not_repeated()
    {
        _cloud.Ec2.Add("i-1");
        var error = await RefusalAsync("hunter2\0b");
        Assert.Equal("ArgumentInvalid", error.Id);
        Assert.Contains("A script argument cannot be passed on", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error + error.Target?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, null, "terminate", RunctlStoppedInstance.Replace, "BucketNotConfigured")]
    [InlineData(false, "b", "terminate", RunctlStoppedInstance.Replace, "AutoResumeNeedsCode")]
    [InlineData(true, "b", "hibernate", RunctlStoppedInstance.Replace, "AutoResumeHibernates")]
    [InlineData(true, "b", "hibernate", RunctlStoppedInstance.Wait, null)]
    [InlineData(true, "b", "stop", RunctlStoppedInstance.Replace, null)]
    [InlineData(true, "b", "terminate", RunctlStoppedInstance.Replace, null, 1)]
    [InlineData(true, "b", "terminate", RunctlStoppedInstance.Replace, "AutoResumeIsNone", 0)]
    public async Task Resuming_by_itself_is_refused_by_hand_and_passed_over_by_file_where_it_can_not_be_done(bool bringsCode, string? bucket, string interruption, RunctlStoppedInstance stopped, string? obstacle, int most = 10)
    {
        _cloud.Ec2.Add("i-1", tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.Interruption] = interruption });
        var configuration = new RunctlConfiguration { AutoResume = true, S3Bucket = bucket, StoppedInstance = stopped, MaxResumes = most };
        Task<StartPlan> PlanAsync(bool insists) => new StartPlanner(_cloud, new FakeAdapters(), _cloud.Time).PlanAsync(Request() with { SyncCode = bringsCode, InsistsOnAutoResume = insists }, configuration, TestContext.Current.CancellationToken);
        var plan = await PlanAsync(insists: false);
        Assert.Equal(obstacle is null, plan.Configuration.AutoResume);
        Assert.Equal(obstacle is null ? 0 : 1, plan.Warnings.Count(warning => warning.Contains("auto_resume is set", StringComparison.Ordinal)));
        if (obstacle is not null)
        {
            Assert.Equal(obstacle, (await Assert.ThrowsAsync<RunctlException>(() => PlanAsync(insists: true))).Id);
        }
    }

    [Fact]
    public async Task A_start_does_not_need_the_permission_that_only_resuming_by_itself_does()
    {
        _cloud.Ec2.Add("i-1", tags: []);
        _cloud.Ec2.Change("i-1", i => i.With(copy => copy.SpotInstanceRequestId = "sir-1"));
        _cloud.Ec2.SpotFailure = new RunctlException("AccessDenied", ErrorKind.PermissionDenied, "You may not DescribeSpotInstanceRequests.");
        var plan = await new StartPlanner(_cloud, new FakeAdapters(), _cloud.Time).PlanAsync(Request() with { SyncCode = true }, new RunctlConfiguration { AutoResume = true, S3Bucket = "b" }, TestContext.Current.CancellationToken);
        Assert.False(plan.Configuration.AutoResume);
        Assert.Contains(plan.Warnings, warning => warning.Contains("DescribeSpotInstanceRequests", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("b", 5, "; S3 keeps the last 5 checkpoints of the run (keep_last_n = 5; 0 keeps all)")]
    [InlineData("b", 1, "; S3 keeps the last checkpoint of the run (keep_last_n = 1; 0 keeps all)")]
    [InlineData("b", 0, "")]
    [InlineData(null, 5, "")]
    public async Task A_start_says_how_many_checkpoints_S3_keeps(string? bucket, int kept, string told)
    {
        _cloud.Ec2.Add("i-1");
        var plan = await new StartPlanner(_cloud, new FakeAdapters(), _cloud.Time).PlanAsync(Request(), new RunctlConfiguration { S3Bucket = bucket, KeepLastN = kept }, TestContext.Current.CancellationToken);
        Assert.EndsWith((bucket is null ? "checkpoints stay on the instance" : "/i-1/") + told, plan.Description, StringComparison.Ordinal);
        Assert.Equal(told.Length == 0, plan.Retention is null);
    }

    [Theory]
    [InlineData(7L, 9L, "epoch_7.pt (step >=7) of run other-1")]
    [InlineData(null, null, "epoch_7.pt of run other-1")]
    public async Task A_start_says_which_checkpoint_it_begins_from(long? step, long? lastStep, string told)
    {
        const string Key = "checkpoints/spot-interruptions/i-9/checkpoints/epoch_7.pt";
        var file = new CheckpointFile("epoch_7.pt", Key, 1, "AAAAAA==");
        _cloud.Store.Objects[Key + ManifestRecord.Suffix] = (RunctlJson.WriteUtf8(new ManifestRecord { RunId = "other-1", Name = "epoch_7.pt", Step = step, LastStep = lastStep, Files = [file], Bytes = 1 }), "1");
        _cloud.Ec2.Add("i-1");
        var plan = await new StartPlanner(_cloud, new FakeAdapters(), _cloud.Time).PlanAsync(Request() with { ResumeFrom = $"s3://b/{Key}{ManifestRecord.Suffix}" }, new RunctlConfiguration { S3Bucket = "b" }, TestContext.Current.CancellationToken);
        Assert.StartsWith($"train.py from {told} on i-1 (", plan.Description, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _cloud.Dispose();
        _project.Dispose();
    }

    private StartRequest Request(params string[] arguments) =>
        new() { InstanceId = "i-1", ScriptPath = Path.Combine(_project.Path, "train.py"), ProjectDirectory = _project.Path, ScriptArguments = arguments };

    private Task<RunctlException> RefusalAsync(params string[] arguments) =>
        Assert.ThrowsAsync<RunctlException>(() => new StartPlanner(_cloud, new FakeAdapters(), _cloud.Time).PlanAsync(Request(arguments), new RunctlConfiguration(), TestContext.Current.CancellationToken));
}
