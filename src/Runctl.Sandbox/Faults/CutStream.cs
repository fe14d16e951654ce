using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Faults;

/// <summary>Lets the first bytes through and swallows the rest.</summary>
internal sealed class CutStream(Stream output, long length) : WriteOnlyStream
{
    private long _left = length;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(buffer.Length, _left);
        _left -= count;
        await output.WriteAsync(buffer[..count], cancellationToken).ConfigureAwait(false);
    }
}
