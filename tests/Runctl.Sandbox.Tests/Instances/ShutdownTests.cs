using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Instances;

public sealed class ShutdownTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_spot_instance_that_shuts_itself_down_is_gone_and_start_and_stop_leave_nothing(bool namespaces)
    {
        string directory;
        await using (var sandbox = await RunningSandbox.StartAsync(namespaces))
        {
            directory = sandbox.Sandbox.Directory;
            var id = await sandbox.LaunchAsync();
            var root = sandbox.RootOf(id);
            if ((await sandbox.RunAsync(id, "shutdown -c")).ResponseCode == 0)
            {
                await sandbox.SendAsync(id, "shutdown -h now");
                await Eventually.TrueAsync(() => sandbox.Sandbox.Instances.Single().State is "terminated" or "stopped");
                Assert.Equal("terminated", sandbox.Sandbox.Instances.Single().State);
                Assert.False(Directory.Exists(root));
            }
            else
            {
                // Without a namespace it cannot be done, which has to be said; the host is not touched in any case.
                var refused = await sandbox.RunAsync(id, "shutdown -h now");
                Assert.Equal(1, refused.ResponseCode);
                Assert.Contains("cannot be shut down", refused.StandardErrorContent, StringComparison.Ordinal);
                Assert.True(Directory.Exists(root));
            }
        }

        Assert.False(Directory.Exists(directory));
    }
}
