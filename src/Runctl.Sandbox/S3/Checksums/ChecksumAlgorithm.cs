using System.Security.Cryptography;

namespace Runctl.Sandbox.S3.Checksums;

/// <summary>One of the additional checksums of S3.</summary>
internal sealed class ChecksumAlgorithm
{
    private readonly Func<IRunningChecksum> _start;

    private ChecksumAlgorithm(string name, ReflectedCrc? crc, Func<IRunningChecksum> start)
    {
        Name = name;
        Crc = crc;
        _start = start;
    }

    public static ChecksumAlgorithm Crc32 { get; } = OfCrc("CRC32", ReflectedCrc.Crc32);

    public static ChecksumAlgorithm Crc32C { get; } = OfCrc("CRC32C", ReflectedCrc.Crc32C);

    /// <summary>What S3 computes by itself where the client chose nothing.</summary>
    public static ChecksumAlgorithm Crc64Nvme { get; } = OfCrc("CRC64NVME", ReflectedCrc.Crc64Nvme);

    public static ChecksumAlgorithm Sha1 { get; } = OfHash("SHA1", HashAlgorithmName.SHA1);

    public static ChecksumAlgorithm Sha256 { get; } = OfHash("SHA256", HashAlgorithmName.SHA256);

    public static IReadOnlyList<ChecksumAlgorithm> All { get; } = [Crc32, Crc32C, Crc64Nvme, Sha1, Sha256];

    /// <summary>E.g. CRC32, as in x-amz-checksum-algorithm.</summary>
    public string Name { get; }

    /// <summary>The CRC, or null for a hash; only CRCs of parts can be combined into that of the whole object.</summary>
    public ReflectedCrc? Crc { get; }

    /// <summary>E.g. x-amz-checksum-crc32.</summary>
    public string Header => "x-amz-checksum-" + Name.ToLowerInvariant();

    /// <summary>E.g. ChecksumCRC32.</summary>
    public string Element => "Checksum" + Name;

    /// <summary>The algorithm of a name in any case, or null.</summary>
    public static ChecksumAlgorithm? Find(string? name) =>
        All.FirstOrDefault(algorithm => algorithm.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The algorithm of a header or trailer, or null.</summary>
    public static ChecksumAlgorithm? FindByHeader(string name) =>
        All.FirstOrDefault(algorithm => algorithm.Header.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Begins a computation.</summary>
    public IRunningChecksum Start() => _start();

    /// <summary>The checksum of data at hand.</summary>
    public byte[] Compute(ReadOnlySpan<byte> data)
    {
        using var running = Start();
        running.Append(data);
        return running.Finish();
    }

    private static ChecksumAlgorithm OfCrc(string name, ReflectedCrc crc) => new(name, crc, () => new RunningCrc(crc));

    private static ChecksumAlgorithm OfHash(string name, HashAlgorithmName hash) =>
        new(name, crc: null, () => new RunningHash(hash));
}
