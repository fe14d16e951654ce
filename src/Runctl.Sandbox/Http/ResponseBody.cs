namespace Runctl.Sandbox.Http;

/// <summary>Lets exactly the declared number of bytes through.</summary>
internal sealed class ResponseBody(Stream output, long length) : WriteOnlyStream
{
    /// <summary>Bytes still owed to the client.</summary>
    public long Remaining { get; private set; } = length;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length > Remaining)
        {
            throw new IOException("The answer is longer than its declared length.");
        }

        await output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        Remaining -= buffer.Length;
    }
}
