using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
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
    public async Task A_text_that_no_process_can_be_given_is_named()
    {
        _cloud.Ec2.Add("i-1");
        var error = await RefusalAsync("a\0b");
        Assert.Equal("ArgumentInvalid", error.Id);
        Assert.Contains(@"'a\0b'", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _cloud.Dispose();
        _project.Dispose();
    }

    private Task<RunctlException> RefusalAsync(params string[] arguments)
    {
        var request = new StartRequest { InstanceId = "i-1", ScriptPath = Path.Combine(_project.Path, "train.py"), ProjectDirectory = _project.Path, ScriptArguments = arguments };
        return Assert.ThrowsAsync<RunctlException>(() => new StartPlanner(_cloud, TimeProvider.System).PlanAsync(request, new RunctlConfiguration(), TestContext.Current.CancellationToken));
    }
}
