namespace Runctl.Sandbox.S3.Checksums;

/// <summary>A CRC over data that comes in pieces.</summary>
internal sealed class RunningCrc(ReflectedCrc crc) : IRunningChecksum
{
    private ulong _value;

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> data) => _value = crc.Append(_value, data);

    /// <inheritdoc/>
    public byte[] Finish() => crc.ToBytes(_value);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
