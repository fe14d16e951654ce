using System.Globalization;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

/// <summary>A start that launches its own instance: it checks before it pays, and leaves nothing behind.</summary>
public sealed class LaunchedStartTests : IDisposable
{
    private const string Running = """{"run_id":"r","attempt":1,"state":"running","pid":7}""";

    private readonly FakeCloud _cloud = new();
    private readonly TempDirectory _project = new();
    private readonly Collect<ProgressUpdate> _progress = new();
    private readonly List<string> _leftovers = [];
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b" };
    private LaunchRequest _launch = new() { InstanceTypes = ["c7i.large"], IamInstanceProfile = "Profile" };

    public LaunchedStartTests()
    {
        _project.Write("train.py", "print(1)");
        _cloud.Shell.Parameters["/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"] = "ami-ubuntu";
        _cloud.Shell.Answer = (id, command) => new CommandOutcome(id, "Success", null, 0, command.Script.Contains("cloud-init", StringComparison.Ordinal) ? "" : Running, "");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _cloud.Dispose();
        _project.Dispose();
    }

    [Fact]
    public async Task A_start_launches_waits_and_trains_under_one_activity()
    {
        var outcome = await StartAsync();
        Assert.Equal(("running", _cloud.Ec2.All.Single().InstanceId), (outcome.Training.State, outcome.Training.InstanceId));
        Assert.Null(outcome.Failure);
        Assert.Equal("Starting train.py", Assert.Single(_progress.All.Select(u => u.Activity).Distinct()));
        foreach (var phase in new[] { "Checking", "Launching", "Waiting for the instance to run", "Waiting for SSM", "Waiting for cloud-init", "Packing code", "Starting" })
        {
            Assert.Contains(_progress.All, u => u.Status.Contains(phase, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Nothing_is_asked_of_AWS_for_a_script_that_is_missing()
    {
        using var counted = new CountedCloud(_cloud);
        var error = await Assert.ThrowsAsync<RunctlException>(() => new TrainingStarter(counted, new FakeAdapters(), _cloud.Time).PlanAsync(Request() with { ScriptPath = Path.Combine(_project.Path, "nope.py") }, _configuration, Token));
        Assert.Equal("ScriptMissing", error.Id);
        Assert.Empty(counted.Calls);
    }

    [Fact]
    public async Task A_new_instance_that_nothing_brings_the_code_to_is_not_launched()
    {
        using var counted = new CountedCloud(_cloud);
        var error = await Assert.ThrowsAsync<RunctlException>(() => new TrainingStarter(counted, new FakeAdapters(), _cloud.Time).PlanAsync(Request() with { SyncCode = false }, _configuration with { SetupCommand = "git clone x" }, Token));
        Assert.Equal("CodeNotBrought", error.Id);
        Assert.StartsWith("Use -SyncCode", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(counted.Calls);
    }

    [Fact]
    public async Task An_image_that_is_named_may_bring_the_code_and_a_warning_says_where()
    {
        _launch = _launch with { ImageId = "ami-mine" };
        var outcome = await StartAsync(Request() with { SyncCode = false });
        Assert.Equal("running", outcome.Training.State);
        Assert.Contains(outcome.Training.Warnings, warning => warning.StartsWith("-SyncCode is missing: the image ami-mine must have train.py in the directory ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_quota_that_is_used_up_leaves_nothing_running_and_no_run()
    {
        _cloud.Ec2.OnFleet = _ => new FleetAnswer([], [new PoolError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", "c7i.large", "subnet-a", "us-east-1a")]);
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync());
        Assert.Equal(("LaunchFailed", "MaxSpotInstanceCountExceeded"), (error.Id, error.ServiceErrorCode));
        Assert.Contains("L-34B43A08", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_cloud.Ec2.All);
        // Code, orders and record come after the launch.
        Assert.Empty(_cloud.Store.Objects);
    }

    [Fact]
    public async Task A_look_before_a_launch_takes_these_calls_and_no_more()
    {
        using var counted = new CountedCloud(_cloud);
        await new TrainingStarter(counted, new FakeAdapters(), _cloud.Time).PlanAsync(Request(), _configuration, Token);
        Assert.Equal(
            ["CheckBucketAsync", "DescribeSubnetsAsync", "DescribeTypesAsync", "FindImageAsync", "FindParameterAsync", "FindSpotPricesAsync", "TryRunAsync"],
            counted.Calls.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task All_that_a_look_finds_is_told_at_once_and_nothing_is_launched()
    {
        _cloud.Store.Missing.Add("b");
        _launch = _launch with { InstanceTypes = ["c7i.lrage"], SubnetIds = ["subnet-none"] };
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync());
        Assert.Equal(["BucketNotFound", "InstanceTypeUnknown", "SubnetNotFound"], error.Others.Prepend(error).Select(e => e.Id).Order(StringComparer.Ordinal));
        Assert.Empty(_cloud.Ec2.Fleets);
    }

    [Theory]
    [InlineData("InvalidParameterValue", "Value (Nope) for parameter iamInstanceProfile.name is invalid.", "InstanceProfileNotFound")]
    [InlineData("UnauthorizedOperation", "not authorized to perform: iam:PassRole", "LaunchNotAllowed")]
    [InlineData("InvalidGroup.NotFound", "The security group 'sg-1' does not exist", "SecurityGroupNotFound")]
    public async Task What_EC2_would_refuse_is_refused_before_the_launch(string code, string message, string id)
    {
        _cloud.Ec2.TrialFailure = new RunctlException(code, ErrorKind.InvalidInput, message) { ServiceErrorCode = code };
        Assert.Equal(id, (await Assert.ThrowsAsync<RunctlException>(() => StartAsync())).Id);
        Assert.Empty(_cloud.Ec2.Fleets);
    }

    [Fact]
    public async Task What_only_one_pool_lacks_is_left_to_the_launch()
    {
        _cloud.Ec2.TrialFailure = new RunctlException("Unsupported", ErrorKind.InvalidInput, "not supported in your requested Availability Zone") { ServiceErrorCode = "Unsupported" };
        Assert.Equal("running", (await StartAsync()).Training.State);
    }

    [Theory]
    [InlineData("0.01", false, "PriceLimitTooLow")]
    [InlineData("0.01", true, null)]
    [InlineData("0.05", false, null)]
    public async Task A_price_limit_below_every_price_is_refused_before_the_launch(string limit, bool fallback, string? id)
    {
        _launch = _launch with { MaxPrice = decimal.Parse(limit, CultureInfo.InvariantCulture), OnDemandFallback = fallback };
        var error = await Record.ExceptionAsync(() => StartAsync());
        Assert.Equal(id, (error as RunctlException)?.Id);
    }

    [Fact]
    public async Task The_instance_of_a_start_that_failed_is_removed_and_the_error_says_so()
    {
        Fail("CheckpointDirectoryInUse", 4);
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync());
        var instance = Assert.Single(_cloud.Ec2.All);
        Assert.Equal("terminated", instance.State);
        Assert.Equal("CheckpointDirectoryInUse", error.Id);
        Assert.EndsWith($"Instance {instance.InstanceId}, launched for this start, was removed.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Failed", 4, true)]
    [InlineData("TimedOut", null, false)]
    public async Task A_start_that_the_guard_refused_leaves_no_run_and_one_without_an_answer_does(string status, int? exitCode, bool isRefused)
    {
        _cloud.Shell.Answer = (instance, command) => command.Script.Contains("cloud-init", StringComparison.Ordinal)
            ? new CommandOutcome(instance, "Success", null, 0, "", "")
            : new CommandOutcome(instance, status, null, exitCode, """{"schema":1,"error":{"id":"ScriptNotFound","message":"m","target":"t"}}""", "");
        await Assert.ThrowsAsync<RunctlException>(() => StartAsync());
        var record = RunctlJson.Read<RunRecord>(_cloud.Store.Objects.Single(o => o.Key.EndsWith("run.json", StringComparison.Ordinal)).Value.Content);
        Assert.Equal(("failed", isRefused), (record.Attempts.Single().State, record.NeverBegan));
    }

    [Fact]
    public async Task An_instance_that_cannot_be_removed_is_named_with_its_price_and_the_command_that_removes_it()
    {
        Fail("CheckpointDirectoryInUse", 4);
        _cloud.Ec2.TerminateFailure = new RunctlException("UnauthorizedOperation", ErrorKind.PermissionDenied, "no");
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync());
        AssertNamesWhatItCosts(error);
    }

    [Fact]
    public async Task An_instance_that_the_user_keeps_is_named_with_its_price_and_the_command_that_removes_it()
    {
        Fail("CheckpointDirectoryInUse", 4);
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync(Request() with { KeepInstance = true }));
        Assert.Equal("running", _cloud.Ec2.All.Single().State);
        AssertNamesWhatItCosts(error);
    }

    [Fact]
    public async Task A_script_that_fails_at_once_is_a_training_that_failed_on_an_instance_that_stays()
    {
        _cloud.Shell.Answer = (id, command) => command.Script.Contains("cloud-init", StringComparison.Ordinal)
            ? new CommandOutcome(id, "Success", null, 0, "", "")
            : _cloud.Shell.Sent.Count(c => !c.Script.Contains("cloud-init", StringComparison.Ordinal)) == 1
            ? new CommandOutcome(id, "Failed", null, 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"The training exited with code 3:\nboom"}}""", "")
            : new CommandOutcome(id, "Success", null, 0, """{"schema":1,"runs":[{"run_id":"r","attempt":1,"state":"failed","exit_code":3}]}""", "");
        var outcome = await StartAsync();
        Assert.Equal(("failed", 3), (outcome.Training.State, outcome.Training.ExitCode));
        Assert.Equal("running", _cloud.Ec2.All.Single().State);
        Assert.Contains("boom", outcome.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("failed at once", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("Get-RunctlTrainingLog ", outcome.Failure.RecommendedAction, StringComparison.Ordinal);
        AssertNamesWhatItCosts(outcome.Failure);
    }

    [Theory]
    [InlineData("cloud-init")]
    [InlineData("runctl")]
    public async Task A_start_that_is_stopped_leaves_no_instance(string at)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var answer = _cloud.Shell.Answer!;
        _cloud.Shell.Answer = (id, command) =>
        {
            if (command.Script.Contains(at, StringComparison.Ordinal))
            {
                stop.Cancel();
            }

            return answer(id, command);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(Request(), stop.Token));
        Assert.Equal("terminated", Assert.Single(_cloud.Ec2.All).State);
        Assert.Empty(_leftovers);
    }

    [Fact]
    public async Task What_a_stopped_start_could_not_remove_is_told_with_its_price()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _cloud.Ec2.TerminateFailure = new RunctlException("UnauthorizedOperation", ErrorKind.PermissionDenied, "no");
        var answer = _cloud.Shell.Answer!;
        _cloud.Shell.Answer = (id, command) =>
        {
            stop.Cancel();
            return answer(id, command);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(Request(), stop.Token));
        Assert.Contains($"USD/h: Remove-RunctlInstance {_cloud.Ec2.All.Single().InstanceId}", Assert.Single(_leftovers), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_start_that_fails_on_a_living_instance_ends_with_what_the_instance_costs(bool hasScript)
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Ec2.Change("i-1", i => i.With(copy => copy.HourlyPrice = 0.21m));
        _cloud.Store.Missing.Add("b");
        var request = Request() with { NewInstance = null, InstanceId = "i-1" };
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync(hasScript ? request : request with { ScriptPath = Path.Combine(_project.Path, "nope.py") }));
        Assert.Equal(hasScript ? "BucketNotFound" : "ScriptMissing", error.Id);
        Assert.EndsWith(". Instance i-1 keeps costing 0.21 USD/h: Remove-RunctlInstance i-1", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_that_fails_beside_another_training_does_not_advise_to_remove_the_instance(bool isRefusedByGuard)
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Answer = (id, command) => command.Comment == "runctl status"
            ? new CommandOutcome(id, "Success", null, 0, """{"schema":1,"runs":[{"run_id":"other","attempt":1,"state":"running"}]}""", "")
            : new CommandOutcome(id, "Failed", null, 4, """{"schema":1,"error":{"id":"ScriptNotFound","message":"m","target":"t"}}""", "");
        var request = Request() with { NewInstance = null, InstanceId = "i-1" };
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync(isRefusedByGuard ? request : request with { ScriptPath = Path.Combine(_project.Path, "nope.py") }));
        Assert.Equal(isRefusedByGuard ? "ScriptNotFound" : "ScriptMissing", error.Id);
        Assert.DoesNotContain("Remove-RunctlInstance", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_fails_at_once_beside_another_training_does_not_advise_to_remove_the_instance()
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Answer = (id, command) => command.Comment == "runctl status"
            ? new CommandOutcome(id, "Success", null, 0, """{"schema":1,"runs":[{"run_id":"other","attempt":1,"state":"running"}]}""", "")
            : new CommandOutcome(id, "Failed", null, 5, """{"schema":1,"error":{"id":"TrainingFailed","message":"boom"}}""", "");
        var outcome = await StartAsync(Request() with { NewInstance = null, InstanceId = "i-1" });
        Assert.EndsWith("-InstanceId i-1", outcome.Failure!.RecommendedAction, StringComparison.Ordinal);
    }

    private StartRequest Request() => new() { NewInstance = _launch, ScriptPath = Path.Combine(_project.Path, "train.py"), ProjectDirectory = _project.Path, SyncCode = true };

    private Task<StartOutcome> StartAsync() => StartAsync(Request());

    private async Task<StartOutcome> StartAsync(StartRequest request, CancellationToken? token = null)
    {
        var starter = new TrainingStarter(_cloud, new FakeAdapters(), _cloud.Time) { OnLeftovers = _leftovers.Add };
        var plan = await starter.PlanAsync(request, _configuration, token ?? Token, _progress);
        return await starter.StartAsync(plan, _progress, token ?? Token);
    }

    private void Fail(string id, int exitCode) => _cloud.Shell.Answer = (instance, command) => command.Script.Contains("cloud-init", StringComparison.Ordinal)
        ? new CommandOutcome(instance, "Success", null, 0, "", "")
        : new CommandOutcome(instance, "Failed", null, exitCode, $$$"""{"schema":1,"error":{"id":"{{{id}}}","message":"m","target":"t"}}""", "");

    private void AssertNamesWhatItCosts(RunctlException error)
    {
        var id = _cloud.Ec2.All.Single().InstanceId;
        Assert.Contains($"Instance {id} keeps costing", error.RecommendedAction, StringComparison.Ordinal);
        Assert.EndsWith($"USD/h: Remove-RunctlInstance {id}", error.RecommendedAction, StringComparison.Ordinal);
    }
}
