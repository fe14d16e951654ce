namespace Runctl.Sandbox.Tests.S3;

/// <summary>Zeros of a known length; the last of them come only when the gate opens.</summary>
internal sealed class GatedStream(long length, TaskCompletionSource reached, TaskCompletionSource go) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length - 1)
        {
            reached.TrySetResult();
            await go.Task.WaitAsync(cancellationToken);
        }

        // The last byte always comes alone, so that what is before it gets sent.
        var end = _position < length - 1 ? length - 1 : length;
        var count = (int)Math.Min(buffer.Length, end - _position);
        buffer.Span[..count].Clear();
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
