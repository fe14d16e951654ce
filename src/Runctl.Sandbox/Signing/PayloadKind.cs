namespace Runctl.Sandbox.Signing;

/// <summary>What x-amz-content-sha256 may say instead of a hash.</summary>
internal static class PayloadKind
{
    public const string Unsigned = "UNSIGNED-PAYLOAD";
    public const string SignedChunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    public const string SignedChunksAndTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    public const string UnsignedChunksAndTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

    /// <summary>Whether the value is a SHA-256 in hex.</summary>
    public static bool IsHash(string value) => value.Length == 64 && value.All(char.IsAsciiHexDigit);
}
