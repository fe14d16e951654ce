using System.Collections;
using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.S3;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Amazon.SimpleSystemsManagement;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Adapters.Aws;

/// <summary>One connection: a client per service, made when first used.</summary>
internal sealed class AwsCloud : ICloud
{
    private readonly Lazy<RegionEndpoint> _region;
    private readonly Lazy<ConnectionCredentials> _credentials;
    private readonly Lazy<AmazonEC2Client> _ec2;
    private readonly Lazy<AmazonSimpleSystemsManagementClient> _ssm;
    private readonly Lazy<AmazonS3Client> _s3;
    private readonly SharedCalls _commandCalls;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _sandboxLock = new(1, 1);
    private SandboxControl? _sandbox;
    private bool _sandboxProbed;

    static AwsCloud() => RefusedConnections.Install();

    /// <summary>Makes a connection; nothing is called or read yet.</summary>
    public AwsCloud(CloudConnection connection, TimeProvider time)
    {
        Connection = connection;
        _time = time;
        _region = new(FindRegion);
        _credentials = new(() => new ConnectionCredentials(connection, _region.Value));
        _ec2 = new(() => new AmazonEC2Client(_credentials.Value, Configure(new AmazonEC2Config())));
        _ssm = new(() => new AmazonSimpleSystemsManagementClient(_credentials.Value, WithoutRetries(Configure(new AmazonSimpleSystemsManagementConfig()))));
        _s3 = new(() => new AmazonS3Client(_credentials.Value, Configure(new AmazonS3Config { ForcePathStyle = connection.EndpointUrl is not null })));
        // SSM publishes no limits; these are what one account was seen to bear with room for others.
        _commandCalls = new SharedCalls(new TokenBucket(perSecond: connection.EndpointUrl is { IsLoopback: true } ? 200 : 10, burst: 20, time), time);
        Instances = new Ec2InstanceService(() => _ec2.Value, this);
        Commands = new SsmCommandService(() => _ssm.Value, this, _commandCalls);
        Objects = new S3ObjectStore(() => _s3.Value, this);
    }

    /// <inheritdoc/>
    public CloudConnection Connection { get; }

    /// <inheritdoc/>
    public string Region => _region.Value.SystemName;

    /// <inheritdoc/>
    public IInstanceService Instances { get; }

    /// <inheritdoc/>
    public ICommandService Commands { get; }

    /// <inheritdoc/>
    public IObjectStore Objects { get; }

    /// <inheritdoc/>
    public string? KnownCaller { get; private set; }

    /// <summary>The endpoint in words, for errors.</summary>
    public string EndpointName => Connection.EndpointUrl?.AbsoluteUri ?? $"AWS in {Region}";

    /// <inheritdoc/>
    public async Task<ISandboxControl?> FindSandboxAsync(CancellationToken cancellationToken)
    {
        if (Connection.EndpointUrl is not { IsLoopback: true } endpoint)
        {
            return null;
        }

        await _sandboxLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_sandboxProbed)
            {
                _sandbox = await SandboxControl.FindAsync(endpoint, _credentials.Value, Region, _time, cancellationToken).ConfigureAwait(false);
                _sandboxProbed = true;
            }

            return _sandbox;
        }
        finally
        {
            _sandboxLock.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<string> GetCallerAsync(CancellationToken cancellationToken)
    {
        using var client = new AmazonSecurityTokenServiceClient(_credentials.Value, Configure(new AmazonSecurityTokenServiceConfig()));
        var caller = await AwsErrors.CallAsync("STS", "GetCallerIdentity", EndpointName, () => client.GetCallerIdentityAsync(new GetCallerIdentityRequest(), cancellationToken), cancellationToken).ConfigureAwait(false);
        CommandLog.Decided($"The credentials belong to {caller.Arn}.");
        return KnownCaller = caller.Arn;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in new IDisposable?[] { Made(_ec2), Made(_ssm), Made(_s3), _sandbox, _commandCalls, _sandboxLock })
        {
            client?.Dispose();
        }

        static IDisposable? Made<T>(Lazy<T> lazy)
            where T : IDisposable => lazy.IsValueCreated ? lazy.Value : null;
    }

    private T Configure<T>(T config)
        where T : ClientConfig
    {
        // Not Adaptive: after a little throttling that refuses calls by itself for seconds, and an interruption does not wait.
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = 5;
        config.ConnectTimeout = TimeSpan.FromSeconds(10);
        if (Connection.EndpointUrl is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = Region;
        }
        else
        {
            config.RegionEndpoint = _region.Value;
            // The SDK takes an empty address for one, and fails.
            config.IgnoreConfiguredEndpointUrls = HasEmptyEndpoint();
        }

        return config;
    }

    private static bool HasEmptyEndpoint() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Any(variable => variable.Key is string name && name.StartsWith("AWS_ENDPOINT_URL", StringComparison.Ordinal) && string.IsNullOrWhiteSpace(variable.Value as string));

    /// <summary>SSM's calls are tried again by those who share the connection, within one budget; see <see cref="SharedCalls"/>.</summary>
    private static T WithoutRetries<T>(T config)
        where T : ClientConfig
    {
        config.MaxErrorRetry = 0;
        return config;
    }

    private RegionEndpoint FindRegion()
    {
        if (Connection.Region is { } name)
        {
            return name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && name.Contains('-', StringComparison.Ordinal)
                ? RegionEndpoint.GetBySystemName(name)
                : throw RunctlErrors.RegionInvalid(name);
        }

        if (Connection.ProfileName is { } profile)
        {
            // A profile that is missing is the error, not the region that it would have had.
            var known = new CredentialProfileStoreChain().TryGetProfile(profile, out var found);
            if (!known && Connection.Credentials is null)
            {
                throw RunctlErrors.ProfileNotFound(profile);
            }

            if (known && found.Region is not null)
            {
                return found.Region;
            }
        }

        return FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: false)
            // A stand-in has no regions, but requests are signed for one.
            ?? (Connection.EndpointUrl is not null ? RegionEndpoint.USEast1 : throw RunctlErrors.RegionMissing());
    }
}
