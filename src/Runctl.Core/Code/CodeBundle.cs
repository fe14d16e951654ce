using System.Formats.Tar;
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
            var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                await PackAsync(files, stream, cancellationToken).ConfigureAwait(false);
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
            // Not the Pax form: .NET puts the process id into its headers.
            var tar = new TarWriter(gzip, TarEntryFormat.Gnu, leaveOpen: true);
            await using (tar.ConfigureAwait(false))
            {
                foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
                {
                    await AddAsync(tar, file, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task AddAsync(TarWriter tar, ProjectFile file, CancellationToken cancellationToken)
    {
        var entry = new GnuTarEntry(file.LinkTarget is null ? TarEntryType.RegularFile : TarEntryType.SymbolicLink, file.Path)
        {
            ModificationTime = DateTimeOffset.UnixEpoch,
            AccessTime = DateTimeOffset.UnixEpoch,
            ChangeTime = DateTimeOffset.UnixEpoch,
            Mode = (UnixFileMode)Convert.ToInt32(file.IsExecutable ? "755" : "644", 8),
        };
        if (file.LinkTarget is not null)
        {
            entry.LinkName = file.LinkTarget;
            await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
            return;
        }

        var content = new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.Asynchronous);
        await using (content.ConfigureAwait(false))
        {
            entry.DataStream = content;
            await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        }
    }
}
