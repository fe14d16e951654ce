using System.Security.Cryptography;
using System.Text;

namespace Runctl.Sandbox.Signing;

/// <summary>The key of one scope, derived from a secret.</summary>
internal sealed class SigningKey
{
    private readonly byte[] _key;

    public SigningKey(string secret, CredentialScope scope)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in new[] { scope.Date, scope.Region, scope.Service, "aws4_request" })
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        _key = key;
    }

    /// <summary>Signs lines, which are joined by line feeds; the answer is lower-case hex.</summary>
    public string Sign(params string[] lines) =>
        Hex(HMACSHA256.HashData(_key, Encoding.Latin1.GetBytes(string.Join('\n', lines))));

    /// <summary>The SHA-256 of a text, in lower-case hex.</summary>
    public static string Hash(string text) => Hex(SHA256.HashData(Encoding.Latin1.GetBytes(text)));

    /// <summary>Bytes in lower-case hex.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

    /// <summary>Compares in a time that does not depend on where the texts differ.</summary>
    public static bool Same(string ours, string theirs) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(ours), Encoding.UTF8.GetBytes(theirs));
}
