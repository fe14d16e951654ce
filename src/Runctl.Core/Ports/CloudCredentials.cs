namespace Runctl.Ports;

/// <summary>Credentials given directly. Never printed.</summary>
public sealed class CloudCredentials(string accessKeyId, string secretAccessKey, string? sessionToken)
{
    /// <summary>Access key id.</summary>
    public string AccessKeyId { get; } = accessKeyId;

    /// <summary>Secret access key.</summary>
    public string SecretAccessKey { get; } = secretAccessKey;

    /// <summary>Session token, or null.</summary>
    public string? SessionToken { get; } = sessionToken;

    /// <summary>The key id's last four characters only.</summary>
    public override string ToString() => "****" + (AccessKeyId.Length > 4 ? AccessKeyId[^4..] : "");
}
