using System.Security.Cryptography;

namespace Runctl.Sandbox.S3.Checksums;

/// <summary>A hash over data that comes in pieces.</summary>
internal sealed class RunningHash(HashAlgorithmName name) : IRunningChecksum
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(name);

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> data) => _hash.AppendData(data);

    /// <inheritdoc/>
    public byte[] Finish() => _hash.GetHashAndReset();

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
