using System.Security.Cryptography;

namespace Runctl.Sandbox.Ec2;

/// <summary>Resource ids as EC2 makes them: a prefix and 17 hex digits.</summary>
internal static class Ids
{
    /// <summary>A new id, e.g. <c>i-0123456789abcdef0</c> for <paramref name="prefix"/> i.</summary>
    public static string New(string prefix) => $"{prefix}-0{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>An id that belongs to another one, the same at every call.</summary>
    public static string Derive(string prefix, string id) =>
        $"{prefix}-0{Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(prefix + id)))[..16].ToLowerInvariant()}";

    /// <summary>Whether the text has the form of an id, short ones of old included.</summary>
    public static bool IsWellFormed(string prefix, string id) =>
        id.StartsWith(prefix + "-", StringComparison.Ordinal)
        && id.Length - prefix.Length - 1 is 8 or 17
        && id.Skip(prefix.Length + 1).All(char.IsAsciiHexDigitLower);
}
