namespace Runctl.Sandbox.S3.Checksums;

/// <summary>A checksum over data that comes in pieces.</summary>
internal interface IRunningChecksum : IDisposable
{
    /// <summary>Takes the next piece.</summary>
    void Append(ReadOnlySpan<byte> data);

    /// <summary>The checksum of everything that came.</summary>
    byte[] Finish();
}
