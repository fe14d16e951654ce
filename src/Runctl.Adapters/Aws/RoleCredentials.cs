using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace Runctl.Adapters.Aws;

/// <summary>
/// Credentials of an assumed role, by this context's own STS client. The SDK's own class finds its client through a registry that
/// is not told the source credentials, or else by searching the whole process.
/// </summary>
internal sealed class RoleCredentials(AssumeRoleAWSCredentials role, RegionEndpoint region) : RefreshingAWSCredentials
{
    private readonly AWSCredentials _source = Own(role.SourceCredentials, region);

    /// <summary>Replaces the SDK's class by this one, in chains too; leaves everything else as it is.</summary>
    public static AWSCredentials Own(AWSCredentials credentials, RegionEndpoint region) =>
        credentials is AssumeRoleAWSCredentials role ? new RoleCredentials(role, region) : credentials;

    /// <inheritdoc/>
    protected override CredentialsRefreshState GenerateNewCredentials() => Task.Run(GenerateNewCredentialsAsync).GetAwaiter().GetResult();

    /// <inheritdoc/>
    protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
    {
        using var client = new AmazonSecurityTokenServiceClient(_source, region);
        var options = role.Options;
        var answer = await client.AssumeRoleAsync(new AssumeRoleRequest
        {
            RoleArn = role.RoleArn,
            RoleSessionName = role.RoleSessionName,
            ExternalId = options?.ExternalId,
            Policy = options?.Policy,
            DurationSeconds = options?.DurationSeconds,
            SerialNumber = options?.MfaSerialNumber,
            TokenCode = string.IsNullOrEmpty(options?.MfaTokenCode) ? null : options.MfaTokenCode,
        }).ConfigureAwait(false);
        var given = answer.Credentials;
        return new CredentialsRefreshState(new ImmutableCredentials(given.AccessKeyId, given.SecretAccessKey, given.SessionToken), given.Expiration ?? DateTime.UtcNow.AddMinutes(15));
    }
}
