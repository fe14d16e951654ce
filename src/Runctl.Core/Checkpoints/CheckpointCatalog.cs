using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Checkpoints;

/// <summary>Finds and downloads committed checkpoints.</summary>
public sealed class CheckpointCatalog(ICloud cloud, RunctlConfiguration configuration)
{
    private readonly ManifestStore _manifests = new(cloud, StoreReference.Of(configuration));

    /// <summary>Committed checkpoints, newest first, one for each save; of a run, of an instance, or all.</summary>
    /// <param name="runId">Only this run's, or null.</param>
    /// <param name="instanceId">Only those saved on this instance, or null.</param>
    /// <param name="name">Only those whose head has this path or this last part of it, or null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <param name="refused">Told of each manifest that cannot be used, before the first checkpoint and from any thread: one hides no other. Null to have the first one thrown.</param>
    public async IAsyncEnumerable<RunctlCheckpoint> FindAsync(string? runId, string? instanceId, string? name, [EnumeratorCancellation] CancellationToken cancellationToken, Action<RunctlException>? refused = null)
    {
        var bucket = configuration.S3Bucket ?? throw RunctlErrors.BucketNotConfigured("Listing checkpoints");
        var prefix = configuration.S3Prefix.Trim('/') + "/" + (instanceId is null ? "" : instanceId + "/");
        var told = new HashSet<ManifestRecord>(SameSave.Comparer);
        foreach (var (uri, manifest) in await _manifests.ListAsync(bucket, prefix, _ => true, cancellationToken, refused).ConfigureAwait(false))
        {
            if ((runId is null || manifest.RunId == runId) && (name is null || manifest.Name == name || manifest.Name.EndsWith("/" + name, StringComparison.Ordinal)) && told.Add(manifest))
            {
                yield return Of(uri, manifest);
            }
        }
    }

    /// <summary>The checkpoint an S3 URI names, by its manifest's URI or its own; the newest below it where it ends in a slash.</summary>
    public async Task<RunctlCheckpoint> GetAsync(string s3Uri, CancellationToken cancellationToken)
    {
        var (uri, manifest) = await _manifests.FindAsync(s3Uri, cancellationToken).ConfigureAwait(false);
        return Of(uri, manifest);
    }

    /// <summary>Downloads and verifies files of a checkpoint; nothing is in place under its name before it is whole.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="files">Which of its files; <see cref="CheckpointSelection"/> chooses them.</param>
    /// <param name="directory">The directory that stands for the checkpoint directory; it is made if need be.</param>
    /// <param name="overwrite">Whether other content under the same names is replaced.</param>
    /// <param name="progress">Told of bytes and files, at most four times a second.</param>
    /// <param name="cancellationToken">Ends it; what was not placed by then is deleted.</param>
    /// <exception cref="RunctlException">FileExists, UnsafePath, NameNotAllowed, ChecksumMismatch or CheckpointNotFound.</exception>
    public Task<CheckpointDownloaded> DownloadAsync(RunctlCheckpoint checkpoint, IReadOnlyList<CheckpointFile> files, string directory, bool overwrite, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        new CheckpointDownload(cloud.Objects, checkpoint, files, progress).RunAsync(directory, overwrite, cancellationToken);

    /// <summary>The same for all files of the classes save and current.</summary>
    /// <returns>The path of the head.</returns>
    public async Task<string> DownloadAsync(RunctlCheckpoint checkpoint, string directory, bool overwrite, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        (await DownloadAsync(checkpoint, CheckpointSelection.Whole(checkpoint, older: false), directory, overwrite, progress, cancellationToken).ConfigureAwait(false)).Head ?? Path.Combine(Path.GetFullPath(directory), checkpoint.Name);

    private RunctlCheckpoint Of(S3Uri uri, ManifestRecord manifest) => new()
    {
        Name = manifest.Name,
        Kind = manifest.Kind,
        Path = manifest.Path,
        Directory = manifest.Directory,
        Complete = manifest.Complete,
        Missing = manifest.Missing,
        SavedAfterSignal = manifest.SavedAfterSignal,
        RunId = manifest.RunId,
        Attempt = manifest.Attempt,
        InstanceId = manifest.InstanceId ?? "",
        Step = manifest.Step,
        LastStep = manifest.LastStep,
        Newest = NewestOf(manifest)?.Path,
        NewestStep = NewestOf(manifest)?.Step,
        Reason = manifest.Reason,
        SavedAt = manifest.SavedAt.UtcDateTime,
        Size = manifest.Bytes,
        Validation = manifest.Validation?.Level,
        Format = manifest.Validation?.Format,
        S3Bucket = uri.Bucket,
        S3Uri = new S3Uri(uri.Bucket, HeadKey(uri, manifest)).ToString(),
        Manifest = uri.ToString(),
        Files = manifest.Files,
        Region = cloud.Region,
        EndpointUrl = cloud.Connection.EndpointUrl,
        ProfileName = cloud.Connection.ProfileName,
    };

    /// <summary>What it names has to be one of its files, or a directory of them.</summary>
    private static NewestRecord? NewestOf(ManifestRecord manifest) => manifest.Newest is { Path.Length: > 0 } newest
        && manifest.Files.Any(file => file.Path == newest.Path || file.Path.StartsWith(newest.Path + "/", StringComparison.Ordinal)) ? newest : null;

    /// <summary>The key of the head: its object, or for a directory what stands before those of its files.</summary>
    private static string HeadKey(S3Uri uri, ManifestRecord manifest)
    {
        if (manifest.Files.FirstOrDefault(file => file.Path == manifest.Name) is { Key: { } own })
        {
            return own;
        }

        var below = manifest.Files.FirstOrDefault(file => file.Key is not null && file.Path.StartsWith(manifest.Name + "/", StringComparison.Ordinal));
        var rest = below?.Path[(manifest.Name.Length + 1)..];
        return rest is not null && below!.Key!.EndsWith("/" + rest, StringComparison.Ordinal) ? below.Key[..^rest.Length] : uri.Key[..^ManifestRecord.Suffix.Length] + (manifest.Kind == "file" ? "" : "/");
    }

    /// <summary>Takes manifests of one save for one.</summary>
    private sealed class SameSave : IEqualityComparer<ManifestRecord>
    {
        public static readonly SameSave Comparer = new();

        public bool Equals(ManifestRecord? x, ManifestRecord? y) => x is null ? y is null : y is not null && x.IsOfSameSave(y);

        public int GetHashCode(ManifestRecord manifest) => HashCode.Combine(manifest.RunId, manifest.Attempt, manifest.Name, manifest.SavedAt);
    }
}
