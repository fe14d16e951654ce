using System.Net;

namespace Runctl.Sandbox.S3.Buckets;

/// <summary>The rules for names of buckets.</summary>
internal static class BucketName
{
    /// <summary>Whether a bucket may have this name.</summary>
    public static bool IsValid(string name) =>
        name.Length is >= 3 and <= 63
        && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '.' or '-')
        && char.IsAsciiLetterOrDigit(name[0])
        && char.IsAsciiLetterOrDigit(name[^1])
        && !name.Contains("..", StringComparison.Ordinal)
        && !IPAddress.TryParse(name, out _);
}
