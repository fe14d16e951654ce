using Amazon.EC2;

namespace Runctl.Sandbox.Tests.Ec2;

/// <summary>Says with which code EC2 refused.</summary>
internal static class Ec2Refusal
{
    public static async Task<string> CodeAsync(Task call) => (await Assert.ThrowsAsync<AmazonEC2Exception>(() => call)).ErrorCode;
}
