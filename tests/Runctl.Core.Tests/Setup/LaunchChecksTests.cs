using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Setup;

namespace Runctl.Core.Tests.Setup;

/// <summary>What a setup check says of a launch, and of the rights of a role.</summary>
public sealed class LaunchChecksTests : IDisposable
{
    private readonly FakeCloud _cloud = new();

    public LaunchChecksTests() => _cloud.Shell.Parameters["/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"] = "ami-ubuntu";

    public void Dispose() => _cloud.Dispose();

    [Fact]
    public async Task A_launch_that_EC2_allows_passes_with_the_command_that_shows_its_quota()
    {
        var check = await LaunchAsync("C7I.large");
        Assert.True(check.Passed, check.Seen);
        Assert.Contains("aws service-quotas get-service-quota --service-code ec2 --quota-code L-34B43A08 --region us-east-1", check.Seen, StringComparison.Ordinal);
        Assert.Empty(_cloud.Ec2.Fleets);
    }

    [Theory]
    [InlineData("c7i.lrage", null, "c7i.lrage")]
    [InlineData("c7i.large", "UnauthorizedOperation", "may not launch")]
    public async Task A_launch_that_EC2_would_refuse_fails_with_its_remedy(string type, string? code, string seen)
    {
        _cloud.Ec2.TrialFailure = code is null ? null : new RunctlException(code, ErrorKind.PermissionDenied, "You are not authorized to perform this operation.") { ServiceErrorCode = code };
        var check = await LaunchAsync(type);
        Assert.False(check.Passed);
        Assert.Contains(seen, check.Seen, StringComparison.Ordinal);
        Assert.NotNull(check.Remedy);
    }

    [Fact]
    public async Task Without_a_type_no_launch_is_checked() => Assert.DoesNotContain(await AllAsync(null), check => check.Name == "Launch");

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(null, null)]
    public void A_role_that_may_write_orders_fails(bool? isWritable, bool? passed)
    {
        var request = new SetupRequest { Configuration = new RunctlConfiguration { S3Bucket = "b" }, CredentialSource = "a test", ProjectDirectory = "/" };
        var check = new InstanceAnswer(new CheckList("i-1"), request, new GuardCheckAnswer { Python = "3.12", Imds = "ok", OrdersWritable = isWritable }, "").Judge().First(one => one.Name == "Orders");
        Assert.Equal(passed, check.Passed);
        Assert.Equal(isWritable == true, check.Remedy?.Contains("neither contains the other", StringComparison.Ordinal) ?? false);
    }

    private async Task<RunctlSetupCheck> LaunchAsync(string type) => Assert.Single(await AllAsync(new LaunchRequest { InstanceTypes = [type] }), check => check.Name == "Launch");

    private async Task<List<RunctlSetupCheck>> AllAsync(LaunchRequest? launch)
    {
        var request = new SetupRequest { Configuration = new RunctlConfiguration { S3Bucket = "b" }, CredentialSource = "a test", ProjectDirectory = Path.GetTempPath(), Launch = launch };
        var checks = new List<RunctlSetupCheck>();
        await foreach (var check in new LocalChecks(_cloud, request).RunAsync(TestContext.Current.CancellationToken))
        {
            checks.Add(check);
        }

        return checks;
    }
}
