using Runctl.Core.Tests.Fakes;
using Runctl.Guarding;

namespace Runctl.Core.Tests.Guarding;

public sealed class CommandRunnerTests
{
    [Fact]
    public async Task A_command_that_was_being_sent_when_it_was_cancelled_is_cancelled_by_its_id()
    {
        using var cloud = new FakeCloud();
        using var cancel = new CancellationTokenSource();
        cloud.Ec2.Add("i-1");
        cloud.Shell.Answer = (id, _) => new(id, "InProgress", null, null, "", "");
        cloud.Shell.BeforeSent = () => cancel.CancelAsync();
        var runner = new CommandRunner(cloud, cloud.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runner.RunAsync("i-1", "sleep 60", TimeSpan.FromMinutes(1), "c", cancel.Token));
        Assert.Single(cloud.Shell.Sent);
        Assert.Single(cloud.Shell.Cancelled);
    }
}
