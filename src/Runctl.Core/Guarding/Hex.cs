namespace Runctl.Guarding;

/// <summary>Bytes in lower-case hexadecimal digits.</summary>
internal static class Hex
{
    /// <summary>The digits of some bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
#pragma warning disable CA1308 // Hashes are written in lower case everywhere.
        return Convert.ToHexString(bytes).ToLowerInvariant();
#pragma warning restore CA1308
    }
}
