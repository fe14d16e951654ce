namespace Runctl.Ports;

/// <summary>Where to call and as whom.</summary>
public sealed record CloudConnection
{
    /// <summary>Region, or null to take the SDK's own search (environment, profile).</summary>
    public string? Region { get; init; }

    /// <summary>Profile of the credentials, or null for the SDK's own search.</summary>
    public string? ProfileName { get; init; }

    /// <summary>Endpoint for all services instead of AWS's own, or null.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Encryption that new objects of S3 name, or null to name none.</summary>
    public ObjectEncryption? Encryption { get; init; }

    /// <summary>Credentials given directly (a sandbox's, or AWS.Tools' session default), or null.</summary>
    public CloudCredentials? Credentials { get; init; }
}
