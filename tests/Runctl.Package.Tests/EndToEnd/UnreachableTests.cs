using Runctl.Package.Tests.Shell;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class UnreachableTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public void An_instance_without_a_profile_is_told_to_lack_it()
    {
        using var project = new Project();
        using var plain = new ModuleSession();
        plain.GoTo(project.Directory);
        plain.Set("script", project["train.py"]);
        string instance = plain.Run($"(New-RunctlSpotInstance g5.xlarge -Region us-east-1 -EndpointUrl {sandbox.Endpoint} -WarningAction SilentlyContinue).InstanceId").Single;
        var state = "";
        Assert.True(Eventually.Holds(() => (state = sandbox.Run($"(Get-RunctlInstance {instance}).State").Single) == "running"), state);
        var began = TimeProvider.System.GetTimestamp();
        var result = plain.Run($"Start-RunctlTraining $script {instance} -SyncCode -Region us-east-1 -EndpointUrl {sandbox.Endpoint}");
        // It can never come online, so the wait for a new instance (20 s) would be for nothing.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0, 19);
        Assert.Equal("InstanceNotOnline", result.ErrorId);
        Assert.Contains(instance, result.Error.ToString());
        Assert.Contains("no instance profile", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void An_instance_whose_agent_was_lost_is_told_with_its_profile()
    {
        using var project = new Project();
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -SsmOffline").Errors);
        var result = sandbox.Start(project, instance);
        Assert.Equal("InstanceNotOnline", result.ErrorId);
        Assert.Contains(instance, result.Error.ToString());
        Assert.Contains("profile RunctlSandbox", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public async Task Without_sandbox_and_credentials_the_error_says_what_to_do()
    {
        var home = Directory.CreateTempSubdirectory("runctl-home-").FullName;
        try
        {
            using var pwsh = PwshProcess.StartCommand(
                new Dictionary<string, string>
                {
                    ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
                    ["HOME"] = home,
                    ["AWS_EC2_METADATA_DISABLED"] = "true",
                    ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "",
                },
                "Get-RunctlInstance -Region us-east-1");
            var result = await pwsh.WaitAsync();
            Assert.Contains("No AWS credentials were found", result.Error);
            Assert.Contains("Start-RunctlSandbox", result.Error);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
