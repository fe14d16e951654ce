using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Metrics;
using Runctl.Errors;
using Runctl.Events;
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
    private readonly TaskCompletionSource _waiting = new();

    public ResumptionTests()
    {
        _story.Launch(new LaunchRequest { InstanceTypes = ["c7i.large"], ImageId = "ami-1" });
        _story.Commit("epoch_1.pt", 10);
        _story.Commit("epoch_2.pt", 20);
        _story.Answer(_ => ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":2,"state":"running","pid":7}"""));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IReadOnlyList<RunctlInstance> Replacements => _story.Replacements;

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
        Assert.Contains("epoch_2.pt.manifest.json", Assert.Single(_story.Specs), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(71, """{"manifest":"s3://b/saved/i-1/checkpoints/epoch_2.pt.manifest.json","name":"epoch_2.pt","step":20}""", "runctl.resumes")]
    [InlineData(72, "null", null)]
    public async Task A_resume_is_measured_where_it_went_on_from_a_checkpoint(int attempt, string from, string? name)
    {
        using var measured = new Measured();
        // An attempt counts once a process: one that no other test comes to.
        _story.Answer(_ => ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":{{attempt}},"state":"running","pid":7,"resumed_from":{{from}}}"""));
        await ResumeAsync();
        Assert.Equal(name is null ? [] : [name], measured.Names);
    }

    [Theory]
    [InlineData("Success", 0, "ResumeBegun ReplacementLaunched TrainingResumed")]
    [InlineData("Failed", 5, "ResumeBegun ReplacementLaunched ResumeFailed")]
    public async Task The_steps_of_a_resume_that_a_user_asks_for_are_kept_for_other_sessions(string status, int exit, string steps)
    {
        _story.Answer(_ => (status, exit, exit == 0 ? $$"""{"run_id":"{{Story.RunId}}","attempt":2,"state":"running","pid":7}""" : """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
        var resume = Resumer().ResumeAsync(await PlanAsync(), this, new Progress<ProgressUpdate>(), Token);
        await (exit == 0 ? (Task)resume : Assert.ThrowsAsync<RunctlException>(() => resume));
        var training = new RunctlTraining { RunId = Story.RunId, InstanceId = "i-1", S3Bucket = "b", S3Prefix = "saved", RunPrefix = "checkpoints/runctl" };
        var kept = new List<string>();
        await foreach (var item in new EventHistory(_story.Cloud, _configuration, _story.Cloud.Time).ReadAsync(training, new EventOptions(), new Progress<ProgressUpdate>(), _ => { }, Token))
        {
            kept.Add(item.Kind);
        }

        Assert.Equal(steps, string.Join(' ', kept));
    }

    [Fact]
    public async Task A_loser_terminates_what_it_has_launched()
    {
        _story.Cloud.Ec2.BeforeFleetAnswer = async token => await new RunClaim(_story.Store, Story.RunId, "another", _story.Cloud.Time).TakeAsync(2, true, token);
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Equal("terminated", Assert.Single(Replacements).State);
        Assert.Equal("another", _story.Record.Newest()!.ClaimedBy);
        Assert.Empty(_story.Specs);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_no_instance_and_no_claim()
    {
        _story.Answer(_ => ("Failed", 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
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
        _story.Answer(spec => spec.Contains("epoch_2", StringComparison.Ordinal)
            ? ("Failed", 6, """{"schema":1,"error":{"id":"ChecksumMismatch","message":"its CRC32 is wrong"}}""")
            : ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":3,"state":"running","pid":7}"""));
        var training = await ResumeAsync();
        Assert.Equal((3, Assert.Single(Replacements).InstanceId), (training.Attempt, training.InstanceId));
        Assert.Contains("epoch_1.pt.manifest.json", _story.Specs[^1], StringComparison.Ordinal);
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
        Notice(TimeSpan.FromMinutes(2));
        var resumed = ResumeAsync(types: ["g5.xlarge"], subnets: ["subnet-b"]);
        await Eventually.IsAsync(() => _warnings.Count > 0, () => "Nothing was said.", Token);
        Assert.False(resumed.IsCompleted);
        _story.Cloud.Ec2.Add("i-1", "terminated");
        await resumed.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Contains("quota", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-10)]
    public async Task A_quota_that_an_instance_holds_which_stays_is_an_error_that_names_it_and_gives_the_run_back(int? minutes)
    {
        if (minutes is { } deadline)
        {
            Notice(TimeSpan.FromMinutes(deadline));
        }

        _story.Cloud.Ec2.OnFleet = _ => Refuse("MaxSpotInstanceCountExceeded");
        var error = await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync(isPatient: true, types: ["g5.xlarge"], subnets: ["subnet-b"]));
        Assert.Equal(("QuotaHeld", false), (error.Id, error.MayPass));
        Assert.Contains("Remove-RunctlInstance i-1", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("failed", _story.Record.Newest()!.State);
    }

    [Fact]
    public async Task An_instance_that_stays_and_one_that_a_resume_could_not_end_are_named_before_the_next()
    {
        _story.Cloud.Ec2.Add("i-9", tags: new() { [RunctlTags.RunId] = Story.RunId });
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "failed", InstanceId = "i-9" });
        var warnings = (await PlanAsync()).Warnings;
        Assert.Equal(2, warnings.Count);
        Assert.Contains("Remove-RunctlInstance i-1", warnings[0], StringComparison.Ordinal);
        Assert.Contains("Remove-RunctlInstance i-9", warnings[1], StringComparison.Ordinal);
        // EC2 ends it: nobody has to.
        Notice(TimeSpan.FromMinutes(1));
        Assert.Contains("i-9", Assert.Single((await PlanAsync()).Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stopped", "-StoppedInstance Wait", 2)]
    [InlineData("terminated", "lost", 1)]
    public async Task A_checkpoint_that_only_the_disk_of_what_is_gone_has_is_named_before_an_older_one_is_taken(string state, string word, int count)
    {
        Interrupting("stop", state);
        _story.Add(_story.Record.Newest()! with { Unsaved = "epoch_3.pt" });
        var plan = await PlanAsync();
        Assert.Equal(count, plan.Warnings.Count);
        Assert.Contains("epoch_3.pt", plan.Warnings[0], StringComparison.Ordinal);
        Assert.Contains(word, plan.Warnings[0], StringComparison.Ordinal);
        Assert.Equal(state == "stopped", plan.Warnings[^1].Contains("loses", StringComparison.Ordinal));
        // Where it is waited for nothing is lost.
        Assert.True(state == "terminated" || (await WaitingPlanAsync()).Warnings.Count == 0);
        // Who resumes by itself hears of it, too.
        await Resumer().ResumeAsync(plan, this, new Progress<ProgressUpdate>(), isPatient: true, Token);
        Assert.Contains("epoch_3.pt", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_stopped_without_a_word_may_have_more_on_its_disk()
    {
        Interrupting("stop");
        _story.Add(_story.Record.Newest()! with { State = "running" });
        Assert.Contains("without a word", (await PlanAsync()).Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_capacity_a_person_is_told_and_whoever_resumes_by_itself_tries_again()
    {
        _story.Cloud.Ec2.OnFleet = _ => Refuse("InsufficientInstanceCapacity");
        Assert.Equal("LaunchFailed", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Empty(_warnings);
        var asked = 0;
        _story.Cloud.Ec2.OnFleet = request => asked++ < 6 ? Refuse("InsufficientInstanceCapacity") : _story.Cloud.Ec2.Succeed(request);
        await ResumeAsync(isPatient: true);
        // The old one stays, and costs money meanwhile.
        Assert.Equal(2, _warnings.Count);
        Assert.Contains("Remove-RunctlInstance i-1", _warnings[0], StringComparison.Ordinal);
        Assert.Contains("tried again", _warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_pool_without_capacity_is_enough_to_try_again_and_a_quota_among_other_refusals_is_waited_for()
    {
        var asked = 0;
        _story.Cloud.Ec2.OnFleet = request => asked++ < 2 ? Refuse("InvalidFleetConfiguration", "InvalidFleetConfiguration", "InsufficientInstanceCapacity") : _story.Cloud.Ec2.Succeed(request);
        await ResumeAsync(isPatient: true);
        Assert.Single(Replacements);

        var report = PoolErrorReport.ToException(new LaunchRequest { InstanceTypes = ["c7i.large"] }, Refuse("InsufficientInstanceCapacity", "InsufficientInstanceCapacity", "MaxSpotInstanceCountExceeded").Errors, "us-east-1");
        Assert.Equal((true, "MaxSpotInstanceCountExceeded"), (report.IsTransient, report.ServiceErrorCode));
        Assert.False(PoolErrorReport.ToException(new LaunchRequest { InstanceTypes = ["c7i.large"] }, Refuse("UnauthorizedOperation").Errors, "us-east-1").IsTransient);
    }

    [Fact]
    public async Task A_run_of_which_nothing_was_saved_begins_anew_with_a_warning_where_it_resumes_by_itself()
    {
        Lose(_ => true);
        Assert.Equal("running", (await ResumeByItselfAsync()).State);
        Assert.DoesNotContain("manifest", Assert.Single(_story.Specs), StringComparison.Ordinal);
        Assert.Contains("it starts from the beginning", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_checkpoints_are_all_damaged_does_not_begin_anew_by_itself()
    {
        Lose(key => !key.EndsWith(ManifestRecord.Suffix, StringComparison.Ordinal));
        Assert.Equal("NoGoodCheckpoint", (await Assert.ThrowsAsync<RunctlException>(ResumeByItselfAsync)).Id);
        Assert.Empty(_story.Specs);
        Assert.Equal("terminated", Assert.Single(Replacements).State);
    }

    [Fact]
    public async Task What_is_undone_is_undone_again_until_it_works()
    {
        _story.Answer(_ => ("Failed", 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
        (_story.Cloud.Ec2.TerminateFailure, _story.Cloud.Ec2.TerminateFailures) = (FakeInstances.LostAnswer(), 2);
        Assert.Equal("TrainingFailed", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Equal("terminated", Assert.Single(Replacements).State);
        Assert.Equal("failed", _story.Record.Newest()!.State);
    }

    [Fact]
    public async Task The_claim_is_given_up_though_the_replacement_can_not_be_ended_and_the_error_names_it()
    {
        _story.Answer(_ => ("Failed", 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
        _story.Cloud.Ec2.TerminateFailure = new RunctlException("AccessDenied", ErrorKind.PermissionDenied, "You may not.");
        var error = await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync());
        Assert.Contains(Assert.Single(Replacements).InstanceId, error.Message, StringComparison.Ordinal);
        Assert.Equal("failed", _story.Record.Newest()!.State);
    }

    [Fact]
    public async Task A_replacement_with_a_persistent_request_is_ended_with_its_request()
    {
        _story.Launch(new LaunchRequest { InstanceTypes = ["c7i.large"], ImageId = "ami-1", InterruptionBehavior = RunctlInterruptionBehavior.Stop });
        _story.Answer(_ => ("Failed", 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
        Assert.Equal("TrainingFailed", (await Assert.ThrowsAsync<RunctlException>(() => ResumeAsync())).Id);
        Assert.Empty(_story.Cloud.Ec2.SpotRequests);
        Assert.Equal("terminated", Assert.Single(Replacements).State);
    }

    [Fact]
    public async Task What_hibernates_or_is_in_another_region_is_not_resumed_beside_it_and_what_is_stopped_is_said_to_remain()
    {
        Interrupting("stop");
        Assert.Contains("Remove-RunctlInstance i-1", Assert.Single((await PlanAsync()).Warnings), StringComparison.Ordinal);
        Interrupting("hibernate");
        Assert.Equal("RunHibernates", (await Assert.ThrowsAsync<RunctlException>(() => PlanAsync())).Id);
        _story.Cloud.Store.Put(_story.Store.Keys.Spec(Story.RunId), RunctlJson.Write(_story.Spec with { Region = "eu-west-1" }));
        var elsewhere = await Assert.ThrowsAsync<RunctlException>(() => PlanAsync());
        Assert.Equal("RunInOtherRegion", elsewhere.Id);
        Assert.Contains("eu-west-1", elsewhere.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hibernate", null, "RunHibernates")]
    [InlineData(null, "hibernate", "RunHibernates")]
    [InlineData("stop", null, null)]
    [InlineData("terminate", null, null)]
    [InlineData(null, null, null)]
    public async Task What_another_tool_launched_is_known_by_its_spot_request_or_its_notice(string? request, string? notice, string? refusal)
    {
        _story.Cloud.Ec2.Add("i-1", "stopped", tags: []);
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => copy.SpotInstanceRequestId = "sir-1"));
        _story.Cloud.Ec2.SpotRequests.Add(new("sir-1", "i-1", true, "disabled", "instance-stopped-by-price", request));
        if (notice is not null)
        {
            _story.Ship(1, (EventKinds.InterruptionDetected, new { action = notice, source = "imds" }));
        }

        Assert.Equal(refusal, (await Record.ExceptionAsync(() => PlanAsync()) as RunctlException)?.Id);
        Assert.Equal(request == "terminate" || (request ?? notice) is null ? null : "i-1", (await WaitingPlanAsync()).WaitsFor);
    }

    [Fact]
    public async Task Where_the_spot_request_may_not_be_looked_at_nothing_is_resumed_beside_its_instance()
    {
        _story.Cloud.Ec2.Add("i-1", "stopped", tags: []);
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => copy.SpotInstanceRequestId = "sir-1"));
        _story.Cloud.Ec2.SpotFailure = new RunctlException("AccessDenied", ErrorKind.PermissionDenied, "no");
        Assert.Equal("AccessDenied", (await Assert.ThrowsAsync<RunctlException>(() => PlanAsync())).Id);
        // A monitor has heard of the notice before it is in S3.
        Assert.Null((await Resumer().PlanAsync(new ResumeRequest { RunId = Story.RunId, Interrupted = 1, Action = "terminate" }, Token)).WaitsFor);
        _story.Ship(1, (EventKinds.InterruptionDetected, new { action = "terminate", source = "imds" }));
        Assert.Null((await PlanAsync()).WaitsFor);
    }

    [Theory]
    [InlineData(RunctlInterruptionBehavior.Hibernate, RunctlStoppedInstance.Replace, "AutoResumeHibernates")]
    [InlineData(RunctlInterruptionBehavior.Hibernate, RunctlStoppedInstance.Wait, null)]
    [InlineData(RunctlInterruptionBehavior.Stop, RunctlStoppedInstance.Replace, null)]
    public async Task A_replacement_that_hibernates_is_not_resumed_by_itself_on_another(RunctlInterruptionBehavior behavior, RunctlStoppedInstance stopped, string? obstacle)
    {
        _story.Launch(new LaunchRequest { InstanceTypes = ["c7i.large"], ImageId = "ami-1", InterruptionBehavior = behavior });
        Assert.Equal(obstacle, AutoResumeCheck.Find(await PlanAsync(), stopped)?.Id);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task A_resume_after_which_max_resumes_is_used_up_is_not_followed_by_an_automatic_one(int most, bool isFollowed)
    {
        var plan = await Resumer().PlanAsync(new ResumeRequest { RunId = Story.RunId, MaxResumes = most, AutoResume = true }, Token);
        var obstacle = AutoResumeCheck.Find(plan, RunctlStoppedInstance.Replace);
        Assert.Equal(isFollowed ? null : "AutoResumeUsedUp", obstacle?.Id);
        Assert.True(isFollowed || obstacle!.RecommendedAction!.Contains("-MaxResumeCount 2", StringComparison.Ordinal), obstacle?.RecommendedAction);
    }

    [Fact]
    public async Task Credentials_of_another_account_are_refused_since_its_instances_would_look_gone()
    {
        _story.Cloud.Store.Put(_story.Store.Keys.Spec(Story.RunId), RunctlJson.Write(_story.Spec with { Account = "999999999999" }));
        var error = await Assert.ThrowsAsync<RunctlException>(() => PlanAsync());
        Assert.Equal("RunInOtherAccount", error.Id);
        Assert.Contains("999999999999", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("hibernate")]
    public async Task A_run_that_waits_for_its_stopped_instance_is_claimed_when_that_is_back_and_goes_on_there(string behavior)
    {
        Interrupting(behavior);
        var plan = await WaitingPlanAsync();
        Assert.Equal(("i-1", null), (plan.WaitsFor, plan.Launch));
        Assert.Contains("i-1 when EC2 starts it again", plan.Description, StringComparison.Ordinal);
        Assert.Empty(plan.Warnings);
        var resumed = Resumer().ResumeAsync(plan, this, new Progress<ProgressUpdate>(), Token);
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Equal((false, 1), (resumed.IsCompleted, _story.Record.Newest()!.Number));

        Interrupting(behavior, "running");
        var training = await resumed.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Equal(("i-1", "i-1"), (training.InstanceId, _story.Record.Newest()!.InstanceId));
        Assert.Empty(Replacements);
        Assert.Contains(_story.Cloud.Shell.Sent, command => command.Comment == "runctl repair");
        Assert.Contains("epoch_2.pt.manifest.json", Assert.Single(_story.Specs), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Between_notice_and_stop_an_instance_is_not_back()
    {
        Interrupting("stop", "running");
        _story.Ship(1, ("InterruptionDetected", new { deadline = DateTimeOffset.UtcNow.AddMinutes(2).ToString("O") }), ("InterruptionHandled", new { outcome = "uploaded" }));
        var resumed = Resumer().ResumeAsync(await WaitingPlanAsync(), this, new Progress<ProgressUpdate>(), Token);
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Interrupting("stop", "stopping");
        Interrupting("stop", "running", DateTimeOffset.UtcNow);
        Assert.Equal("i-1", (await resumed.WaitAsync(TimeSpan.FromSeconds(180), Token)).InstanceId);
    }

    [Fact]
    public async Task A_monitor_that_hears_of_the_notice_before_it_is_in_S3_waits_for_the_stop_too()
    {
        Interrupting("stop", "running");
        var resumer = new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration with { StoppedInstance = RunctlStoppedInstance.Wait }, _story.Cloud.Time);
        var resumed = resumer.ResumeAsync(Story.RunId, 1, this, Token);
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Interrupting("stop", "running", DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal("i-1", (await resumed.WaitAsync(TimeSpan.FromSeconds(180), Token)).InstanceId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_woke_without_having_seen_a_notice_goes_on_training_and_is_left_alone(bool isOurs)
    {
        void Be(string state)
        {
            Interrupting("hibernate", state);
            _story.Cloud.Ec2.Change("i-1", i => isOurs ? i : i.With(copy => { copy.Tags = new Dictionary<string, string>(); copy.SpotInstanceRequestId = "sir-1"; }));
        }

        _story.Cloud.Ec2.SpotRequests.Add(new("sir-1", "i-1", true, "active", "fulfilled", "hibernate"));
        _story.Cloud.Shell.Answer = (id, command) => new CommandOutcome(id, "Success", null, 0, command.Comment == "runctl status"
            ? $$"""{"schema":1,"notice":null,"runs":[{"run_id":"{{Story.RunId}}","attempt":1,"state":"running"}]}""" : """{"schema":1}""", "");
        Be("stopped");
        var resuming = Resumer().ResumeAsync(await WaitingPlanAsync(), this, new Progress<ProgressUpdate>(), Token);
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Be("running");
        Assert.Equal("RunWentOn", (await Assert.ThrowsAsync<RunctlException>(() => resuming.WaitAsync(TimeSpan.FromSeconds(180), Token))).Id);
        Assert.Equal(("running", 1), (_story.Cloud.Ec2.All.Single().State, _story.Record.Newest()!.Number));
    }

    [Fact]
    public async Task A_resume_on_an_instance_that_came_back_gives_up_the_claim_when_it_fails_and_never_the_instance()
    {
        _story.Answer(_ => ("Failed", 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"exit code 3"}}"""));
        Interrupting("stop", "running", DateTimeOffset.UtcNow);
        Assert.Equal("TrainingFailed", (await Assert.ThrowsAsync<RunctlException>(async () => await Resumer().ResumeAsync(await WaitingPlanAsync(), this, new Progress<ProgressUpdate>(), Token))).Id);
        Assert.Equal(("running", "failed"), (_story.Cloud.Ec2.All.Single().State, _story.Record.Newest()!.State));
    }

    [Theory]
    [InlineData("Client.UserInitiatedShutdown", "AwaitedInstanceEnded")]
    [InlineData("Server.SpotInstanceTermination", "InstanceGone")]
    public async Task An_instance_that_ends_while_it_is_waited_for_is_told_by_who_ended_it(string reason, string error)
    {
        Interrupting("stop");
        var resumed = Resumer().ResumeAsync(await WaitingPlanAsync(), this, new Progress<ProgressUpdate>(), Token);
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = "terminated"; copy.StateReason = reason; }));
        Assert.Equal(error, (await Assert.ThrowsAsync<RunctlException>(() => resumed.WaitAsync(TimeSpan.FromSeconds(180), Token))).Id);
        Assert.Equal(1, _story.Record.Newest()!.Number);
    }

    [Fact]
    public async Task A_run_that_resumes_by_itself_is_replaced_where_EC2_ends_the_instance_it_waits_for()
    {
        Interrupting("stop");
        var resumer = new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration with { StoppedInstance = RunctlStoppedInstance.Wait }, _story.Cloud.Time);
        var resumed = resumer.ResumeAsync(Story.RunId, 1, this, Token);
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = "terminated"; copy.StateReason = "Server.SpotInstanceTermination"; }));
        var training = await resumed.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Equal(Assert.Single(Replacements).InstanceId, training.InstanceId);
    }

    [Fact]
    public async Task A_run_that_resumes_by_itself_does_not_launch_for_ever()
    {
        _story.Answer(_ => ("Failed", 6, """{"schema":1,"error":{"id":"StorageFailed","message":"S3 does not answer"}}"""));
        var resumer = new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration with { MaxResumes = 20 }, _story.Cloud.Time);
        await Assert.ThrowsAsync<RunctlException>(() => resumer.ResumeAsync(Story.RunId, 1, this, Token));
        Assert.Equal(3, Replacements.Count);
        Assert.All(Replacements, one => Assert.Equal("terminated", one.State));
    }

    [Fact]
    public async Task An_own_start_whose_answer_was_lost_is_gone_on_with()
    {
        _story.Answer(spec =>
        {
            // The guard takes the run, and nobody hears of it.
            _story.Write(_story.Record.With(_story.Record.Newest()! with { State = "running", Started = DateTimeOffset.UtcNow }));
            _story.Cloud.Ec2.TerminateFailure = new RunctlException("AccessDenied", ErrorKind.PermissionDenied, "You may not.");
            return ("TimedOut", 0, "");
        });
        var resumer = new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration with { MaxResumes = 20 }, _story.Cloud.Time);
        var training = await resumer.ResumeAsync(Story.RunId, 1, this, Token);
        Assert.Equal((2, Assert.Single(Replacements).InstanceId), (training.Attempt, training.InstanceId));
    }

    [Fact]
    public async Task A_claim_that_was_given_up_is_no_reason_not_to_resume()
    {
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "failed", ClaimedBy = "another" });
        var training = await new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time).ResumeAsync(Story.RunId, 1, this, Token);
        Assert.Equal((3, "running"), (_story.Record.Newest()!.Number, training.State));
    }

    [Fact]
    public async Task A_try_after_a_second_claim_is_no_other_session()
    {
        var starts = 0;
        _story.Answer(spec => spec.Contains("epoch_2", StringComparison.Ordinal) ? ("Failed", 6, """{"schema":1,"error":{"id":"ChecksumMismatch","message":"its CRC32 is wrong"}}""")
            : starts++ == 0 ? ("Failed", 6, """{"schema":1,"error":{"id":"StorageFailed","message":"S3 does not answer"}}""")
            : ("Success", 0, $$"""{"run_id":"{{Story.RunId}}","attempt":5,"state":"running","pid":7}"""));
        var training = await new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time).ResumeAsync(Story.RunId, 1, this, Token);
        Assert.Equal(("running", 2), (training.State, Replacements.Count));
    }

    void IResumeListener.OnWarning(string message) => _warnings.Add(message);

    void IResumeListener.OnWaiting(string instanceId) => _waiting.TrySetResult();

    private static FleetAnswer Refuse(params string[] codes) => new([], [.. codes.Select(code => new PoolError(code, "no", null, null, null))]);

    private void Interrupting(string behavior, string state = "stopped", DateTimeOffset? launched = null)
    {
        _story.Cloud.Ec2.Add("i-1", state, tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.Interruption] = behavior });
        _story.Cloud.Ec2.Change("i-1", i => i.With(copy => copy.LaunchTime = (launched ?? DateTimeOffset.UnixEpoch).UtcDateTime));
    }

    /// <summary>The guard saw a notice whose deadline is so far away, and has brought its attempt to an end.</summary>
    private void Notice(TimeSpan deadline) => _story.Ship(1, ("InterruptionDetected", new { deadline = (DateTimeOffset.UtcNow + deadline).ToString("O") }), ("InterruptionHandled", new { outcome = "uploaded" }));

    private void Lose(Func<string, bool> isLost)
    {
        foreach (var key in _story.Cloud.Store.Objects.Keys.Where(key => key.StartsWith("saved/", StringComparison.Ordinal) && isLost(key)).ToList())
        {
            _story.Cloud.Store.Objects.Remove(key, out _);
        }
    }

    private Task<RunctlTraining> ResumeByItselfAsync() => new AutoResumer(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time).ResumeAsync(Story.RunId, 1, this, Token);

    private Task<ResumePlan> WaitingPlanAsync() => Resumer().PlanAsync(new ResumeRequest { RunId = Story.RunId, StoppedInstance = RunctlStoppedInstance.Wait }, Token);

    private Task<ResumePlan> PlanAsync(string[]? types = null, string[]? subnets = null) =>
        Resumer().PlanAsync(new ResumeRequest { RunId = Story.RunId, InstanceTypes = types, SubnetIds = subnets, OnDemandFallback = false }, Token);

    private async Task<RunctlTraining> ResumeAsync(bool isPatient = false, string[]? types = null, string[]? subnets = null, CancellationToken? token = null) =>
        await Resumer().ResumeAsync(await PlanAsync(types, subnets), this, new Progress<ProgressUpdate>(), isPatient, token ?? Token);

    private TrainingResumer Resumer() => new(_story.Cloud, new FakeAdapters(), _configuration, _story.Cloud.Time);
}
