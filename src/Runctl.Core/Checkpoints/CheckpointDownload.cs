using System.Globalization;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Checkpoints;

/// <summary>One download: streamed in parallel ranges, verified by CRC32, moved into place as the last thing.</summary>
internal sealed class CheckpointDownload(IObjectStore objects, RunctlCheckpoint checkpoint, IProgress<ProgressUpdate> progress)
{
    private const long PartSize = 16L << 20;
    private const int Connections = 8;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    private long _done;
    private long _reported;

    /// <summary>The path of what was downloaded.</summary>
    public async Task<string> RunAsync(string directory, bool overwrite, CancellationToken cancellationToken)
    {
        var target = Path.Combine(Path.GetFullPath(directory), SafeRelative(checkpoint.Name));
        foreach (var file in checkpoint.Files)
        {
            SafeRelative(file.Path);
        }

        if (Path.Exists(target) && !overwrite)
        {
            throw RunctlErrors.FileExists(target);
        }

        // Beside the target, so that the last move is a rename and not a copy.
        var parent = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(parent);
        var staging = Path.Combine(parent, $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(staging);
        try
        {
            foreach (var file in checkpoint.Files)
            {
                var path = Path.Combine(staging, SafeRelative(file.Path));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await DownloadAsync(file, path, cancellationToken).ConfigureAwait(false);
            }

            Place(Path.Combine(staging, SafeRelative(checkpoint.Name)), target, overwrite);
            return target;
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static void Place(string from, string target, bool overwrite)
    {
        if (File.Exists(from))
        {
            File.Move(from, target, overwrite);
            return;
        }

        // A directory can not be replaced in one step: the old one goes aside first and comes back if the move fails.
        var aside = target + "." + Path.GetRandomFileName();
        if (Directory.Exists(target))
        {
            Directory.Move(target, aside);
        }

        try
        {
            Directory.Move(from, target);
        }
        catch (IOException) when (Directory.Exists(aside))
        {
            Directory.Move(aside, target);
            throw;
        }

        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }
    }

    private async Task DownloadAsync(CheckpointFile file, string path, CancellationToken cancellationToken)
    {
        using (var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous, file.Size))
        {
            var parts = Enumerable.Range(0, (int)((file.Size + PartSize - 1) / PartSize)).Select(i => i * PartSize);
            await Parallel.ForEachAsync(parts, new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = cancellationToken },
                async (offset, token) => await DownloadPartAsync(file, handle, offset, Math.Min(PartSize, file.Size - offset), token).ConfigureAwait(false)).ConfigureAwait(false);
        }

        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            var (crc, _) = await Crc32.OfAsync(stream, cancellationToken).ConfigureAwait(false);
            if (crc != file.Crc32)
            {
                throw RunctlErrors.ChecksumMismatch($"s3://{checkpoint.S3Bucket}/{file.Key}", file.Crc32, crc);
            }
        }
    }

    /// <summary>A part; where the connection breaks in the middle it goes on from there.</summary>
    private async Task DownloadPartAsync(CheckpointFile file, Microsoft.Win32.SafeHandles.SafeFileHandle handle, long offset, long length, CancellationToken cancellationToken)
    {
        const int Tries = 4;
        var buffer = new byte[1 << 18];
        for (var attempt = 1; length > 0; attempt++)
        {
            try
            {
                var stream = await objects.OpenAsync(checkpoint.S3Bucket, file.Key, offset, length, cancellationToken).ConfigureAwait(false)
                    ?? throw RunctlErrors.CheckpointNotFound($"s3://{checkpoint.S3Bucket}/{file.Key}");
                await using (stream.ConfigureAwait(false))
                {
                    int read;
                    while (length > 0 && (read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellationToken).ConfigureAwait(false)) > 0)
                    {
                        await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, read), offset, cancellationToken).ConfigureAwait(false);
                        offset += read;
                        length -= read;
                        Report(read);
                    }
                }
            }
            catch (Exception e) when (attempt < Tries && (e is HttpRequestException or HttpIOException))
            {
                // Tried again from where it broke.
            }

            if (length > 0 && attempt >= Tries)
            {
                throw RunctlErrors.ChecksumMismatch($"s3://{checkpoint.S3Bucket}/{file.Key}", file.Crc32, "of a shorter object");
            }
        }
    }

    private void Report(int read)
    {
        var done = Interlocked.Add(ref _done, read);
        var now = Environment.TickCount64;
        var last = Interlocked.Read(ref _reported);
        if (now - last >= ReportInterval.TotalMilliseconds && Interlocked.CompareExchange(ref _reported, now, last) == last)
        {
            var percent = checkpoint.Size > 0 ? (int)Math.Min(100, done * 100 / checkpoint.Size) : 100;
            progress.Report(new ProgressUpdate($"Downloading {checkpoint.Name}", string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {checkpoint.Size:N0} bytes"), percent));
        }
    }

    private string SafeRelative(string path)
    {
        var parts = path.Split('/', '\\');
        return path.Length == 0 || Path.IsPathRooted(path) || path.Contains(':', StringComparison.Ordinal) || path.Contains('\0', StringComparison.Ordinal) || parts.Any(p => p is "" or "." or "..")
            ? throw RunctlErrors.UnsafePath(path, checkpoint.Manifest)
            : Path.Combine(parts);
    }
}
