using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Faults;

/// <summary>Lets everything through but one byte, which comes out as another.</summary>
internal sealed class FlippedByteStream(Stream output, long position) : WriteOnlyStream
{
    private long _written;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var index = position - _written;
        _written += buffer.Length;
        if (index < 0 || index >= buffer.Length)
        {
            await output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            return;
        }

        var damaged = buffer.ToArray();
        damaged[index] ^= 0x20;
        await output.WriteAsync(damaged, cancellationToken).ConfigureAwait(false);
    }
}
