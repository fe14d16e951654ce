using Microsoft.Win32.SafeHandles;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>A new file that content is written to, digested on its way.</summary>
internal sealed class ContentFile(string path, ContentDigest digest, long limit) : WriteOnlyStream
{
    private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);

    /// <summary>Bytes written.</summary>
    public long Written { get; private set; }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Written + buffer.Length > limit)
        {
            throw S3Errors.EntityTooLarge(Written + buffer.Length, limit);
        }

        digest.Append(buffer.Span);
        await RandomAccess.WriteAsync(_file, buffer, Written, cancellationToken).ConfigureAwait(false);
        Written += buffer.Length;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }
}
