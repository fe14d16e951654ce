using System.IO.Compression;
using System.Security.Cryptography;
using Runctl.Guarding;

namespace Runctl.Code;

/// <summary>A project as one compressed archive in a temporary file: the same bytes from the same files, so that nothing is sent twice.</summary>
internal sealed class CodeBundle : IDisposable
{
    private CodeBundle(string path, string sha256, long size)
    {
        Path = path;
        Sha256 = sha256;
        Size = size;
    }

    /// <summary>The temporary file.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of the file.</summary>
    public string Sha256 { get; }

    /// <summary>Its size in bytes.</summary>
    public long Size { get; }

    /// <summary>Packs files.</summary>
    public static async Task<CodeBundle> CreateAsync(IEnumerable<ProjectFile> files, CancellationToken cancellationToken)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName() + ".tar.gz");
        try
        {
            var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
            await using (stream.ConfigureAwait(false))
            {
                // On a thread of its own and without asynchronous files, whose every read changes threads: with thousands of small ones that takes the most time.
                await Task.Run(() => PackAsync(files, stream, cancellationToken), cancellationToken).ConfigureAwait(false);
                stream.Position = 0;
                return new CodeBundle(path, Hex.Of(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false)), stream.Length);
            }
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);

    private static async Task PackAsync(IEnumerable<ProjectFile> files, Stream target, CancellationToken cancellationToken)
    {
        var gzip = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true);
        await using (gzip.ConfigureAwait(false))
        {
            var archive = new ArchiveWriter(gzip);
            foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
            {
                await AddAsync(archive, file, cancellationToken).ConfigureAwait(false);
            }

            await archive.FinishAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task AddAsync(ArchiveWriter archive, ProjectFile file, CancellationToken cancellationToken)
    {
        if (file.LinkTarget is not null)
        {
            await archive.AddLinkAsync(file.Path, file.LinkTarget, cancellationToken).ConfigureAwait(false);
            return;
        }

        var content = new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        await using (content.ConfigureAwait(false))
        {
            await archive.AddFileAsync(file.Path, content, file.IsExecutable, cancellationToken).ConfigureAwait(false);
        }
    }
}
