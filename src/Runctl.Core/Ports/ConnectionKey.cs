namespace Runctl.Ports;

/// <summary>What makes two connections the same one.</summary>
internal readonly record struct ConnectionKey(string? Region, string? ProfileName, Uri? EndpointUrl, string? AccessKeyId, string? SecretAccessKey, string? SessionToken, ObjectEncryption? Encryption)
{
    /// <summary>The key of a connection.</summary>
    public static ConnectionKey Of(CloudConnection connection) => new(
        connection.Region,
        connection.ProfileName,
        connection.EndpointUrl,
        connection.Credentials?.AccessKeyId,
        connection.Credentials?.SecretAccessKey,
        connection.Credentials?.SessionToken,
        connection.Encryption);

    /// <summary>Says nothing of the credentials.</summary>
    public override string ToString() => $"{Region} {ProfileName} {EndpointUrl}";
}
