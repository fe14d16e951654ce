using System.Globalization;
using Runctl.Code;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Checkpoints;

/// <summary>One download: files and ranges of files in parallel, verified by CRC32, moved into place as the last thing.</summary>
/// <param name="objects">Where they are.</param>
/// <param name="checkpoint">The checkpoint they belong to.</param>
/// <param name="files">The wanted files.</param>
/// <param name="progress">Told of progress.</param>
internal sealed class CheckpointDownload(IObjectStore objects, RunctlCheckpoint checkpoint, IReadOnlyList<CheckpointFile> files, IProgress<ProgressUpdate> progress)
{
    private const long PartSize = 16L << 20;
    private const int Connections = 8;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    private readonly CheckpointPaths _paths = new(checkpoint.Manifest, OperatingSystem.IsWindows());
    private readonly List<string> _warnings = [];
    private string _root = "";
    private long _total;
    private long _done;
    private long _filesDone;
    private int _filesTotal;
    private long _reported;

    /// <summary>The paths of what is in place.</summary>
    public async Task<CheckpointDownloaded> RunAsync(string directory, bool overwrite, CancellationToken cancellationToken)
    {
        _paths.CheckName(checkpoint.Name);
        _paths.Check(files);
        _root = Path.GetFullPath(directory);
        try
        {
            await BringAsync(overwrite, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not HttpIOException)
        {
            throw RunctlErrors.DestinationNotWritten(_root, e);
        }

        var head = At(checkpoint.Name);
        var isHead = files.Any(file => file.Path == checkpoint.Name || file.Path.StartsWith(checkpoint.Name + "/", StringComparison.Ordinal));
        return new CheckpointDownloaded(isHead ? head : null, [.. files.Select(file => At(file.Path)).Where(path => Entries.KindOf(path) != EntryKind.Missing)], _warnings);
    }

    private async Task BringAsync(bool overwrite, CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(overwrite, cancellationToken).ConfigureAwait(false);
        if (plan.Fetch.Count > 0)
        {
            // Beside their places, so that the last move is a rename and not a copy.
            Directory.CreateDirectory(_root);
            var staging = Path.Combine(_root, "." + Path.GetRandomFileName());
            Directory.CreateDirectory(staging);
            try
            {
                await FetchAsync([.. plan.Fetch.Where(file => file.Link is null)], staging, cancellationToken).ConfigureAwait(false);
                Place(plan, staging, overwrite);
            }
            finally
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private string At(string path) => Path.Combine([_root, .. path.Split('/')]);

    private bool IsOfHead(CheckpointFile file) => checkpoint.Kind == "directory" && file.Path.StartsWith(checkpoint.Name + "/", StringComparison.Ordinal);

    /// <summary>Compares with what is there: what is the same stays, what is not is an error, replaced, or kept with a warning.</summary>
    private async Task<Plan> PlanAsync(bool overwrite, CancellationToken cancellationToken)
    {
        var fetch = new List<CheckpointFile>();
        var kept = new List<string>();
        var head = At(checkpoint.Name);
        var isWholeHead = checkpoint.Kind == "directory" && checkpoint.Files.Any(IsOfHead) && checkpoint.Files.Where(IsOfHead).All(files.Contains);
        foreach (var file in files)
        {
            var path = At(file.Path);
            RefuseBehindLink(file.Path);
            var kind = Entries.KindOf(path);
            if (kind == EntryKind.Missing || (isWholeHead && IsOfHead(file) && overwrite))
            {
                fetch.Add(file);
            }
            else if (await IsSameAsync(file, path, kind, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }
            else if (kind is EntryKind.File or EntryKind.Link && overwrite)
            {
                fetch.Add(file);
            }
            else if (kind is EntryKind.File or EntryKind.Link && file.Class == CheckpointFile.Current)
            {
                kept.Add(file.Path);
            }
            else
            {
                throw RunctlErrors.FileExists(path);
            }
        }

        if (fetch.Count == 0 && kept.Count == 0 && files.Count > 0 && !overwrite)
        {
            throw RunctlErrors.FileExists(files.Any(file => file.Path == checkpoint.Name || IsOfHead(file)) ? head : At(files[0].Path));
        }

        // Files of two versions of one directory must not mix.
        var ofHead = fetch.Count(IsOfHead);
        if (isWholeHead && ofHead > 0 && !overwrite && Entries.KindOf(head) != EntryKind.Missing)
        {
            throw RunctlErrors.FileExists(head);
        }

        if (kept.Count > 0)
        {
            _warnings.Add($"There already, with other content, and kept: {string.Join(", ", kept)}. The checkpoint {checkpoint.Name} came with other versions of these; -Force takes them.");
        }

        return new Plan(fetch, isWholeHead && ofHead > 0);
    }

    /// <summary>A link that lies on this machine may lead anywhere.</summary>
    private void RefuseBehindLink(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Entries.KindOf(At(path[..slash])) == EntryKind.Link)
            {
                throw RunctlErrors.LinkInTheWay(At(path[..slash]), path);
            }
        }
    }

    private static async Task<bool> IsSameAsync(CheckpointFile file, string path, EntryKind kind, CancellationToken cancellationToken)
    {
        if (file.Link is { } target)
        {
            return kind == EntryKind.Link && new FileInfo(path).LinkTarget?.Replace(Path.DirectorySeparatorChar, '/') == CheckpointPaths.Direct(file.Path, target);
        }

        return kind == EntryKind.File && new FileInfo(path).Length == file.Size && await CrcOfAsync(path, cancellationToken).ConfigureAwait(false) == file.Crc32;
    }

    private void Place(Plan plan, string staging, bool overwrite)
    {
        foreach (var file in plan.Fetch.Where(file => file.Link is null && !(plan.ReplacesHead && IsOfHead(file))))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file.Path))!);
            File.Move(Path.Combine([staging, .. file.Path.Split('/')]), At(file.Path), overwrite);
        }

        if (plan.ReplacesHead)
        {
            var staged = Path.Combine([staging, .. checkpoint.Name.Split('/')]);
            Directory.CreateDirectory(staged);
            foreach (var link in plan.Fetch.Where(file => file.Link is not null && IsOfHead(file)))
            {
                Link(link, Path.Combine([staging, .. link.Path.Split('/')]));
            }

            Directory.CreateDirectory(Path.GetDirectoryName(At(checkpoint.Name))!);
            Replace(staged, At(checkpoint.Name));
        }

        // Last, so that no file is ever written through one.
        foreach (var link in plan.Fetch.Where(file => file.Link is not null && !(plan.ReplacesHead && IsOfHead(file))))
        {
            Link(link, At(link.Path));
        }
    }

    private void Link(CheckpointFile link, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (Entries.KindOf(path) != EntryKind.Missing)
        {
            File.Delete(path);
        }

        var target = CheckpointPaths.Direct(link.Path, link.Link!);
        try
        {
            File.CreateSymbolicLink(path, target.Replace('/', Path.DirectorySeparatorChar));
        }
        catch (Exception e) when (OperatingSystem.IsWindows() && e is IOException or UnauthorizedAccessException)
        {
            _warnings.Add($"The link {link.Path} to {target} could not be made: {e.Message} Windows needs developer mode or an administrator for it.");
        }
    }

    /// <summary>A directory cannot be replaced in one step: the old one goes aside first and comes back if the move fails.</summary>
    private static void Replace(string from, string target)
    {
        var aside = Path.Combine(Path.GetDirectoryName(target)!, "." + Path.GetRandomFileName());
        var kind = Entries.KindOf(target);
        if (kind is EntryKind.File or EntryKind.Link)
        {
            throw RunctlErrors.FileExists(target);
        }

        if (kind == EntryKind.Directory)
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

    private async Task FetchAsync(IReadOnlyList<CheckpointFile> wanted, string staging, CancellationToken cancellationToken)
    {
        _total = wanted.Sum(file => file.Size);
        _filesTotal = wanted.Count;
        var targets = new List<DownloadTarget>();
        try
        {
            foreach (var file in wanted)
            {
                var path = Path.Combine([staging, .. file.Path.Split('/')]);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                targets.Add(new DownloadTarget(file, path, (int)Math.Max(1, (file.Size + PartSize - 1) / PartSize)));
            }

            // Parts of all files in one queue: many small files travel as fast as the parts of a large one.
            var parts = targets.SelectMany(target => Enumerable.Range(0, target.Parts).Select(number => (Target: target, Offset: number * PartSize)));
            await Parallel.ForEachAsync(parts, new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = cancellationToken }, async (part, token) =>
            {
                var length = Math.Min(PartSize, part.Target.File.Size - part.Offset);
                var crc = await DownloadPartAsync(part.Target, part.Offset, length, token).ConfigureAwait(false);
                if (part.Target.IsLast())
                {
                    part.Target.Close();
                    Verify(part.Target, part.Target.Parts == 1 ? crc : await CrcOfAsync(part.Target.Path, token).ConfigureAwait(false));
                }
            }).ConfigureAwait(false);
        }
        finally
        {
            foreach (var target in targets)
            {
                target.Close();
            }
        }
    }

    private void Verify(DownloadTarget target, string crc)
    {
        if (crc != target.File.Crc32)
        {
            throw RunctlErrors.ChecksumMismatch($"s3://{checkpoint.S3Bucket}/{target.File.Key}", target.File.Crc32!, crc);
        }

        Interlocked.Increment(ref _filesDone);
        Report(0);
    }

    private static async Task<string> CrcOfAsync(string path, CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            return (await Crc32.OfAsync(stream, cancellationToken).ConfigureAwait(false)).Base64;
        }
    }

    /// <summary>A part; where the connection breaks in the middle it goes on from there. Returns the part's CRC32.</summary>
    private async Task<string> DownloadPartAsync(DownloadTarget target, long offset, long length, CancellationToken cancellationToken)
    {
        const int Tries = 4;
        var file = target.File;
        var handle = target.Open();
        var crc = new Crc32();
        var buffer = new byte[(int)Math.Min(1 << 18, Math.Max(1, length))];
        for (var attempt = 1; length > 0; attempt++)
        {
            try
            {
                var stream = await objects.OpenAsync(checkpoint.S3Bucket, file.Key!, offset, length, cancellationToken).ConfigureAwait(false)
                    ?? throw RunctlErrors.CheckpointNotFound($"s3://{checkpoint.S3Bucket}/{file.Key}");
                await using (stream.ConfigureAwait(false))
                {
                    int read;
                    while (length > 0 && (read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellationToken).ConfigureAwait(false)) > 0)
                    {
                        await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, read), offset, cancellationToken).ConfigureAwait(false);
                        crc.Append(buffer.AsSpan(0, read));
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
                throw RunctlErrors.ChecksumMismatch($"s3://{checkpoint.S3Bucket}/{file.Key}", file.Crc32!, "of a shorter object");
            }
        }

        return crc.Base64;
    }

    private void Report(int read)
    {
        var done = Interlocked.Add(ref _done, read);
        var now = Environment.TickCount64;
        var last = Interlocked.Read(ref _reported);
        if (now - last >= ReportInterval.TotalMilliseconds && Interlocked.CompareExchange(ref _reported, now, last) == last)
        {
            var percent = _total > 0 ? (int)Math.Min(100, done * 100 / _total) : 100;
            var count = _filesTotal > 1 ? string.Create(CultureInfo.InvariantCulture, $", {Interlocked.Read(ref _filesDone):N0} of {_filesTotal:N0} files") : "";
            progress.Report(new ProgressUpdate($"Downloading {checkpoint.Name}", string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {_total:N0} bytes{count}"), percent));
        }
    }

    /// <summary>What is to be done.</summary>
    /// <param name="Fetch">Files to download and links to make.</param>
    /// <param name="ReplacesHead">Whether the head, a directory, is put in place as a whole.</param>
    private sealed record Plan(IReadOnlyList<CheckpointFile> Fetch, bool ReplacesHead);
}
