using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Adapters.Aws;

/// <summary>Credentials of a connection, searched for at the first call and not before.</summary>
internal sealed class ConnectionCredentials(CloudConnection connection, RegionEndpoint region) : AWSCredentials
{
    private readonly object _lock = new();
    private Task<AWSCredentials>? _found;

    /// <inheritdoc/>
    public override ImmutableCredentials GetCredentials() => Task.Run(GetCredentialsAsync).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override async Task<ImmutableCredentials> GetCredentialsAsync()
    {
        var credentials = await FindOnceAsync().ConfigureAwait(false);
        try
        {
            return await credentials.GetCredentialsAsync().ConfigureAwait(false);
        }
        catch (AmazonClientException e) when (connection.ProfileName is not null)
        {
            throw RunctlErrors.ProfileUnusable(connection.ProfileName, e);
        }
        catch (AmazonClientException e)
        {
            throw RunctlErrors.CredentialsMissing(e);
        }
    }

    private Task<AWSCredentials> FindOnceAsync()
    {
        lock (_lock)
        {
            // What failed is tried again at the next call: the user may have logged in by then.
            return _found is { IsFaulted: false, IsCanceled: false } ? _found : _found = FindAsync();
        }
    }

    private async Task<AWSCredentials> FindAsync()
    {
        if (connection.Credentials is { } given)
        {
            return given.SessionToken is null ? new BasicAWSCredentials(given.AccessKeyId, given.SecretAccessKey) : new SessionAWSCredentials(given.AccessKeyId, given.SecretAccessKey, given.SessionToken);
        }

        if (connection.ProfileName is { } profile)
        {
            return new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var fromProfile)
                ? RoleCredentials.Own(fromProfile, region)
                : throw RunctlErrors.ProfileNotFound(profile);
        }

        try
        {
            using var resolver = new DefaultAWSCredentialsIdentityResolver();
            var found = await resolver.ResolveIdentityAsync(null, CancellationToken.None).ConfigureAwait(false);
            CommandLog.Decided($"The search of the SDK ends with {found.GetType().Name}.");
            return RoleCredentials.Own(found, region);
        }
        catch (AmazonClientException e)
        {
            throw RunctlErrors.CredentialsMissing(e);
        }
    }
}
