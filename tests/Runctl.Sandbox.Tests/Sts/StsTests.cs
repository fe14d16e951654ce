using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Runctl.Sandbox.Tests.S3;

namespace Runctl.Sandbox.Tests.Sts;

public sealed class StsTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly AmazonSecurityTokenServiceClient _client;

    public StsTests() => _client = _server.StsClient();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_caller_learns_who_it_is()
    {
        var identity = await _client.GetCallerIdentityAsync(new(), Token);

        Assert.Equal((AwsServer.Principal.Account, AwsServer.Principal.Arn), (identity.Account, identity.Arn));
    }

    [Fact]
    public async Task An_assumed_role_signs_requests_of_its_own()
    {
        var assumed = await _client.AssumeRoleAsync(new()
        {
            RoleArn = "arn:aws:iam::123456789012:role/path/trainer", RoleSessionName = "job-1", DurationSeconds = 900,
        }, Token);

        var credential = _server.Credentials.Find(assumed.Credentials.AccessKeyId);
        Assert.Equal("arn:aws:sts::123456789012:assumed-role/trainer/job-1", assumed.AssumedRoleUser.Arn);
        Assert.Equal(assumed.Credentials.SessionToken, credential!.SessionToken);
        using var s3 = _server.Client(credential);
        Assert.NotEmpty((await s3.ListBucketsAsync(Token)).Buckets);
    }

    [Fact]
    public async Task Unknown_keys_bad_roles_and_unknown_actions_are_refused_by_name()
    {
        var role = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(
            () => _client.AssumeRoleAsync(new AssumeRoleRequest { RoleArn = "arn:aws:iam::1:user/nobody-at-all", RoleSessionName = "ab" }, Token));
        var action = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => _client.GetSessionTokenAsync(Token));
        _server.Credentials.Revoke(_server.Key.AccessKeyId);
        var key = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => _client.GetCallerIdentityAsync(new(), Token));

        Assert.Equal("ValidationError", role.ErrorCode);
        Assert.Equal("InvalidAction", action.ErrorCode);
        Assert.Equal("InvalidClientTokenId", key.ErrorCode);
    }
}
