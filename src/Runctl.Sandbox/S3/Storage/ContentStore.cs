using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>Keeps content in files with names of their own; keys never become paths.</summary>
internal sealed class ContentStore
{
    private const int BufferSize = 128 * 1024;

    private readonly string _directory;

    public ContentStore(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
    }

    /// <summary>The most one request may carry.</summary>
    public const long MaxLength = 5L * 1024 * 1024 * 1024;

    /// <summary>Takes a client's content in and compares it with what was declared.</summary>
    public Task<StoredContent> WriteAsync(Stream content, HttpHeaders trailers, ContentDigest digest, CancellationToken ct) =>
        WriteAsync((target, token) => content.CopyToAsync(target, BufferSize, token), trailers, digest, ct);

    /// <summary>Takes content that <paramref name="produce"/> writes; where that fails nothing stays behind.</summary>
    public async Task<StoredContent> WriteAsync(
        Func<Stream, CancellationToken, Task> produce, HttpHeaders trailers, ContentDigest digest, CancellationToken ct)
    {
        var path = Path.Combine(_directory, Guid.NewGuid().ToString("N"));
        var complete = false;
        try
        {
            using var file = new ContentFile(path, digest, MaxLength);
            await produce(file, ct).ConfigureAwait(false);
            digest.Finish(trailers);
            complete = true;
            return new StoredContent(new Segment(path, file.Written), digest.Md5, digest.Algorithm, digest.Checksum);
        }
        finally
        {
            if (!complete)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Removes files nothing refers to any more; readers that have them open go on.</summary>
    public static void Delete(IEnumerable<Segment> segments)
    {
        foreach (var segment in segments)
        {
            File.Delete(segment.Path);
        }
    }
}
