using System.Text;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Pacing;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Resuming;

/// <summary>A resume from the claim to the training, with EC2 and the guard as they are told to be.</summary>
public sealed class ResumptionTests : IResumeListener
{
    private readonly Story _story = new("interrupted");
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b", S3Prefix = "saved" };
    private readonly List<string> _warnings = [];
    private readonly List<string> _specs = [];

    public ResumptionTests()
    {
        var code = new CodeReference { Bucket = "b", Key = "code", Sha256 = "0" };
        _story.Cloud.Store.Put("code", "bundle");
        _story.Cloud.Store.Put(_story.Store.Keys.Spec(Story.RunId), RunctlJson.Write(_story.Spec with { Code = code, Launch = new LaunchRequest { InstanceTypes = ["c7i.large"], ImageId = "ami-1" } }));
        _story.Commit("epoch_1.pt", 10);
        _story.Commit("epoch_2.pt", 20);
        Answer(_ => ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":2,"state":"running","pid":7}"""));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private List<RunctlInstance> Replacements => _story.Cloud.Ec2.All.Where(i => i.InstanceId != "i-1").ToList();

    [Fact]
    public async Task The_run_is_claimed_before_anything_is_launched()
    {
        string? state = null;
        _story.Cloud.Ec2.OnFleet = request =>
        {
            state ??= _story.Record.Newest()!.State;
            return _story.Cloud.Ec2.Succeed(request);
        };
        await ResumeAsync();
        Assert.Equal("claimed", state);
        var replacement = Assert.Single(Replacements);
        Assert.Equal(Story.RunId, replacement.Tags[RunctlTags.RunId]);
        Assert.Equal((2, replacement.InstanceId), (_story.Record.Newest()!.Number, _story.Record.Newest()!.InstanceId));
        Assert.Contains("epoch_2.pt.manifest.json", Assert.Single(_specs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loser_terminates_what_it_has_launched()
    {
        _story.Cloud.Ec2.BeforeFleetAnswer = async token => await new RunClaim(_story.Store, Story.RunId, "another", TimeProvider.System).TakeAsync(2, true, token);
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Equal("terminated", Assert.Single(Replacements).State);
        Assert.Equal("another", _story.Record.Newest()!.ClaimedBy);
        Assert.Empty(_specs);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_no_instance_and_no_claim()
    {
        Answer(_ => ("Failed", 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
        Assert.Equal("TrainingFailed", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Equal("terminated", Assert.Single(Replacements).State);
        Assert.Equal("failed", _story.Record.Newest()!.State);
        Assert.Equal(3, (await PlanAsync()).Attempt);
    }

    [Fact]
    public async Task A_stopped_resume_leaves_no_instance_and_no_claim()
    {
        using var stop = new CancellationTokenSource();
        _story.Cloud.Shell.BeforeSent = stop.CancelAsync;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ResumeAsync(token: stop.Token));
        Assert.Equal("terminated", Assert.Single(Replacements).State);
        Assert.Equal("failed", _story.Record.Newest()!.State);
    }

    [Fact]
    public async Task A_checkpoint_that_proves_damaged_when_it_is_restored_gives_way_to_the_one_before_on_the_same_instance()
    {
        Answer(spec => spec.Contains("epoch_2", StringComparison.Ordinal)
            ? ("Failed", 6, """{"schema":1,"error":{"id":"ChecksumMismatch","message":"its CRC32 is wrong"}}""")
            : ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":3,"state":"running","pid":7}"""));
        var training = await ResumeAsync();
        Assert.Equal((3, Assert.Single(Replacements).InstanceId), (training.Attempt, training.InstanceId));
        Assert.Contains("epoch_1.pt.manifest.json", _specs[^1], StringComparison.Ordinal);
        Assert.Contains("epoch_2.pt", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_quota_does_not_allow_both_the_replacement_is_launched_when_the_old_instance_is_gone()
    {
        var asked = 0;
        _story.Cloud.Ec2.OnFleet = request =>
        {
            if (asked++ == 0)
            {
                return Refuse("MaxSpotInstanceCountExceeded");
            }

            Assert.Equal("terminated", _story.Cloud.Ec2.All.Single(i => i.InstanceId == "i-1").State);
            return _story.Cloud.Ec2.Succeed(request);
        };
        var resumed = ResumeAsync(types: ["g5.xlarge"], subnets: ["subnet-b"]);
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _warnings.Count > 0, TimeSpan.FromSeconds(30)), Token));
        Assert.False(resumed.IsCompleted);
        _story.Cloud.Ec2.Add("i-1", "terminated");
        await resumed.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.Contains("quota", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_capacity_a_person_is_told_and_whoever_resumes_by_itself_tries_again()
    {
        _story.Cloud.Ec2.OnFleet = _ => Refuse("InsufficientInstanceCapacity");
        Assert.Equal("LaunchFailed", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Empty(_warnings);
        var asked = 0;
        _story.Cloud.Ec2.OnFleet = request => asked++ < 6 ? Refuse("InsufficientInstanceCapacity") : _story.Cloud.Ec2.Succeed(request);
        await ResumeAsync(isPatient: true, time: new HastyTime());
        Assert.Contains("tried again", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    void IResumeListener.OnWarning(string message) => _warnings.Add(message);

    private static FleetAnswer Refuse(string code) => new([], [new PoolError(code, "no", null, null, null)]);

    /// <summary>The guard's answer to a start, by its specification; to all else it says that it is well.</summary>
    private void Answer(Func<string, (string Status, int Exit, string Line)> run) => _story.Cloud.Shell.Answer = (id, command) =>
    {
        var spec = command.Script.Split('\'', '"', ' ', '\n', '@').Select(Decode).FirstOrDefault(text => text.Contains("\"argv\":[\"run\"", StringComparison.Ordinal));
        if (spec is null)
        {
            return new CommandOutcome(id, "Success", null, 0, """{"schema":1}""", "");
        }

        _specs.Add(spec);
        var (status, exit, line) = run(spec);
        return new CommandOutcome(id, status, null, exit, line, "");
    };

    private static string Decode(string word)
    {
        var bytes = new byte[word.Length];
        return Convert.TryFromBase64String(word, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
    }

    private Task<ResumePlan> PlanAsync(TimeProvider? time = null, string[]? types = null, string[]? subnets = null) =>
        Resumer(time).PlanAsync(new ResumeRequest { RunId = Story.RunId, InstanceTypes = types, SubnetIds = subnets }, Token);

    private async Task<RunctlTraining> ResumeAsync(bool isPatient = false, TimeProvider? time = null, string[]? types = null, string[]? subnets = null, CancellationToken? token = null) =>
        await Resumer(time).ResumeAsync(await PlanAsync(time, types, subnets), this, new Progress<ProgressUpdate>(), isPatient, token ?? Token);

    private TrainingResumer Resumer(TimeProvider? time) => new(_story.Cloud, new FakeAdapters(), _configuration, time ?? TimeProvider.System);
}
