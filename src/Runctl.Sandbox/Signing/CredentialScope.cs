using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>What a signature claims to be good for: a key on a day, for a region and a service.</summary>
internal sealed record CredentialScope(string AccessKeyId, string Date, string Region, string Service)
{
    private const string Terminator = "aws4_request";

    /// <summary>Parses <c>AKID/20260131/us-east-1/s3/aws4_request</c>; null where it has another form.</summary>
    public static CredentialScope? Parse(string credential)
    {
        var parts = credential.Split('/');
        return parts.Length == 5 && parts[4] == Terminator && Array.TrueForAll(parts, part => part.Length > 0)
            ? new CredentialScope(parts[0], parts[1], parts[2], parts[3])
            : null;
    }

    /// <summary>The scope a request claims, unverified: it says which service is meant, and so how to answer.</summary>
    public static CredentialScope? Peek(HttpRequest request) =>
        RequestSignature.CredentialOf(request) is { } credential ? Parse(credential) : null;

    /// <summary>The scope as it stands in a string to sign.</summary>
    public override string ToString() => $"{Date}/{Region}/{Service}/{Terminator}";
}
