namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A sandbox enforces the policies that Get-RunctlPolicy prints, and the errors name it.</summary>
public sealed class PolicyTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public async Task An_instance_that_Runctl_did_not_launch_is_out_of_reach_of_the_least_policy()
    {
        var instance = await sandbox.Other.LaunchAsync("RunctlSandbox");
        await sandbox.Other.WaitForAsync(instance, "running");
        var result = sandbox.Run($"Stop-RunctlInstance {instance} -Force -Confirm:$false");
        Assert.Contains(result.ErrorId, (string[])["UnauthorizedOperation", "AccessDeniedException"]);
        Assert.Contains("Get-RunctlPolicy -For Person", result.Error.ErrorDetails.RecommendedAction);
        Assert.Contains("-AnyInstance", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public async Task A_prefix_that_the_policy_does_not_name_is_refused_until_it_does()
    {
        await sandbox.Other.CreateBucketAsync("prefixes", "us-east-1");
        var check = sandbox.Run("Test-RunctlSetup -S3Bucket prefixes -S3Prefix other | Where-Object Name -eq BucketWrite").Single;
        Assert.False(check.Passed);
        Assert.Contains("Get-RunctlPolicy -For Person", check.Remedy);
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -Policy (@(Get-RunctlPolicy -S3Bucket prefixes -S3Prefix other) + @(Get-RunctlPolicy))").Errors);
        Assert.True(sandbox.Run("Test-RunctlSetup -S3Bucket prefixes -S3Prefix other | Where-Object Name -eq BucketWrite").Single.Passed);
    }
}
