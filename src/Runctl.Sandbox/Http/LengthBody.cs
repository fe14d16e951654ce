namespace Runctl.Sandbox.Http;

/// <summary>A body of a declared length.</summary>
internal sealed class LengthBody(BufferedInput input, long length, Stream? continueTo) : RequestBody(continueTo)
{
    private long _remaining = length;

    /// <summary>The body of a request without one.</summary>
    public static LengthBody Empty { get; } = new(new BufferedInput(Stream.Null), 0, null);

    /// <inheritdoc/>
    public override bool Complete => _remaining == 0;

    /// <inheritdoc/>
    public override long? Remaining => _remaining;

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadFramedAsync(Memory<byte> buffer, CancellationToken ct)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, _remaining)];
        var count = await input.ReadAsync(wanted, ct).ConfigureAwait(false);
        if (count == 0)
        {
            throw new EndOfStreamException("The client closed the connection inside the body.");
        }

        _remaining -= count;
        return count;
    }
}
