using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Core.Tests.Resuming;

/// <summary>Where a run goes on that a person resumes.</summary>
public sealed class ResumePlaceTests : IResumeListener
{
    private readonly Story _story = new("stopped");
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b", S3Prefix = "saved" };

    public ResumePlaceTests()
    {
        _story.Launch(new LaunchRequest { InstanceTypes = ["c7i.large"], ImageId = "ami-1", Tags = new Dictionary<string, string> { ["team"] = "a" } });
        _story.Commit("epoch_1.pt", 10);
        _story.Answer(_ => ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":2,"state":"running","pid":7}"""));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TrainingResumer Resumer => new(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time);

    private RunSpec Stored => RunctlJson.Read<RunSpec>(_story.Cloud.Store.Objects[_story.Store.Keys.Spec(Story.RunId)].Content);

    [Fact]
    public async Task A_run_is_resumed_where_its_instance_lives()
    {
        var plan = await PlanAsync();
        Assert.Equal(("i-1", null), (plan.LivesOn, plan.Launch));
        Assert.Empty(plan.Warnings);
        var resumed = await Resumer.ResumeAsync(plan, this, new Progress<ProgressUpdate>(), Token);
        Assert.Equal(("i-1", 2), (resumed.InstanceId, resumed.Attempt));
        Assert.Empty(_story.Replacements);
        Assert.Single(_story.Specs);
    }

    [Theory]
    [InlineData("terminated", false, false)]
    [InlineData("shutting-down", false, false)]
    [InlineData("running", true, false)]
    [InlineData("running", false, true)]
    public async Task A_replacement_is_launched_if_the_instance_goes_or_a_launch_is_asked_for(string state, bool hasNotice, bool isAsked)
    {
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = state; }));
        if (hasNotice)
        {
            _story.Ship(1, (EventKinds.InterruptionDetected, new { source = "imds", deadline = DateTimeOffset.UtcNow.AddMinutes(2) }));
        }

        Assert.NotNull((await PlanAsync(request => isAsked ? request with { InstanceTypes = ["c7i.large"] } : request)).Launch);
    }

    [Fact]
    public async Task An_instance_that_is_named_is_used_and_has_to_run_and_to_be_free()
    {
        _story.Cloud.Ec2.Add("i-2");
        Assert.Equal("i-2", (await PlanAsync(request => request with { InstanceId = "i-2" })).LivesOn);
        Busy("i-2");
        Assert.Equal("ResumePlaceBusy", (await FailAsync(request => request with { InstanceId = "i-2" })).Id);
        _story.Cloud.Ec2.Change("i-2", i => i.With(copy => { copy.State = "stopped"; }));
        Assert.Equal("InstanceNotRunning", (await FailAsync(request => request with { InstanceId = "i-2" })).Id);
        Assert.Equal("InstanceNotFound", (await FailAsync(request => request with { InstanceId = "i-3" })).Id);
    }

    [Fact]
    public async Task An_own_instance_that_is_not_free_is_said_to_be_so_and_nothing_is_launched()
    {
        Busy("i-1");
        var error = await FailAsync(request => request);
        Assert.Equal(("OwnInstanceUnusable", "i-1"), (error.Id, error.Target));
        Assert.Contains("another-run trains there", error.Message, StringComparison.Ordinal);
        Assert.Contains("Remove-RunctlInstance i-1", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_story.Replacements);
    }

    [Theory]
    [InlineData("stopped", null, false)]
    [InlineData("failed", null, false)]
    [InlineData("lost", "Client.UserInitiatedShutdown: removed", false)]
    [InlineData("lost", "Server.SpotInstanceTermination: taken", true)]
    [InlineData("interrupted", null, true)]
    public void A_pool_is_lost_if_EC2_took_the_instance(string state, string? reason, bool isLost)
    {
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.StateReason = reason; }));
        var last = _story.Record.Attempts[0] with { State = state };
        Assert.Equal(isLost, ResumePlanner.LostPool(last, _story.Cloud.Ec2.All[0]) is not null);
    }

    [Fact]
    public async Task What_a_resume_changes_of_the_run_stays_in_its_orders()
    {
        await Resumer.ResumeAsync(
            await PlanAsync(request => request with
            {
                MaxResumes = 7,
                AutoResume = true,
                StoppedInstance = RunctlStoppedInstance.Wait,
                Environment = new Dictionary<string, string> { ["SEED"] = "7" },
                InstanceTypes = ["c7i.large"],
                Tags = new Dictionary<string, string> { ["cost"] = "b" },
                InterruptionBehavior = RunctlInterruptionBehavior.Stop,
            }),
            this,
            new Progress<ProgressUpdate>(),
            Token);
        Assert.Equal((7, true, "wait", "7"), (Stored.Policy.MaxResumes, Stored.Policy.AutoResume, Stored.Policy.StoppedInstance, Stored.Environment["SEED"]));
        Assert.Equal((RunctlInterruptionBehavior.Stop, 2), (Stored.Launch!.InterruptionBehavior, Stored.Launch.Tags.Count));
    }

    [Theory]
    [InlineData("wait", RunctlStoppedInstance.Replace, RunctlStoppedInstance.Wait)]
    [InlineData("replace", RunctlStoppedInstance.Wait, RunctlStoppedInstance.Replace)]
    [InlineData(null, RunctlStoppedInstance.Wait, RunctlStoppedInstance.Wait)]
    public void What_becomes_of_a_stopped_instance_is_the_runs_own_before_the_sessions(string? ordered, RunctlStoppedInstance configured, RunctlStoppedInstance counts) =>
        Assert.Equal(counts, new RunPolicy { StoppedInstance = ordered }.StoppedOr(configured));

    void IResumeListener.OnWarning(string message) => Assert.Fail(message);

    private Task<ResumePlan> PlanAsync(Func<ResumeRequest, ResumeRequest>? change = null)
    {
        var request = new ResumeRequest { RunId = Story.RunId };
        return Resumer.PlanAsync(change?.Invoke(request) ?? request, Token);
    }

    private Task<RunctlException> FailAsync(Func<ResumeRequest, ResumeRequest> change) => Assert.ThrowsAsync<RunctlException>(() => PlanAsync(change));

    private void Busy(string instanceId) => _story.Cloud.Shell.Answer = (id, _) => new CommandOutcome(
        id, "Success", null, 0, id == instanceId ? """{"schema":1,"runs":[{"run_id":"another-run","attempt":1,"state":"running"}]}""" : """{"schema":1}""", "");
}
