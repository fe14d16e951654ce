using System.Globalization;

namespace Runctl.Sandbox.S3.Checksums;

/// <summary>The checksum S3 keeps with an object.</summary>
/// <param name="Algorithm">How it was computed.</param>
/// <param name="Value">Base64; a composite one ends with the number of its parts.</param>
/// <param name="Type">FULL_OBJECT or COMPOSITE.</param>
internal sealed record StoredChecksum(ChecksumAlgorithm Algorithm, string Value, string Type)
{
    public const string FullObject = "FULL_OBJECT";
    public const string Composite = "COMPOSITE";

    /// <summary>The checksum over an object's own bytes.</summary>
    public static StoredChecksum Of(ChecksumAlgorithm algorithm, byte[] value) =>
        new(algorithm, Convert.ToBase64String(value), FullObject);

    /// <summary>The checksum of a whole from the CRCs of its parts in order.</summary>
    public static StoredChecksum OfWhole(ChecksumAlgorithm algorithm, IEnumerable<(byte[] Value, long Length)> parts)
    {
        var crc = algorithm.Crc ?? throw new ArgumentException("Only CRCs can be combined.", nameof(algorithm));
        var whole = parts.Aggregate(
            0UL, (sum, part) => crc.Combine(sum, ReflectedCrc.FromBytes(part.Value), part.Length));
        return Of(algorithm, crc.ToBytes(whole));
    }

    /// <summary>The checksum of the parts' checksums.</summary>
    public static StoredChecksum OfParts(ChecksumAlgorithm algorithm, IReadOnlyCollection<byte[]> parts)
    {
        var value = Convert.ToBase64String(algorithm.Compute(parts.SelectMany(part => part).ToArray()));
        return new(algorithm, value + "-" + parts.Count.ToString(CultureInfo.InvariantCulture), Composite);
    }
}
