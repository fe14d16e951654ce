namespace Runctl.Sandbox.Tests.Faults;

/// <summary>An image that lacks something.</summary>
public sealed class ImageTests
{
    private const string Look = "command -v python3 python || echo none; sed --version >/dev/null && cloud-init status --wait";

    [Fact]
    public async Task An_image_without_python_has_everything_else()
    {
        await using var sandbox = await FaultySandbox.StartAsync(new SandboxConditions { HasPython = false });
        var without = await sandbox.LaunchAsync();
        sandbox.Sandbox.InitialConditions = new();
        var with = await sandbox.LaunchAsync();

        Assert.Equal("none\nstatus: done\n", (await sandbox.Running.RunAsync(without, Look)).StandardOutputContent);
        Assert.Contains("python3", (await sandbox.Running.RunAsync(with, Look)).StandardOutputContent, StringComparison.Ordinal);
    }
}
