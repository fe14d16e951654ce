using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Checkpoints;

/// <summary>Finds and downloads committed checkpoints.</summary>
public sealed class CheckpointCatalog(ICloud cloud, RunctlConfiguration configuration)
{
    private readonly ManifestStore _manifests = new(cloud);

    /// <summary>Committed checkpoints, newest first; of a run, of an instance, or all.</summary>
    /// <param name="runId">Only this run's, or null.</param>
    /// <param name="instanceId">Only those saved on this instance, or null.</param>
    /// <param name="name">Only those of this name, or null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async IAsyncEnumerable<RunctlCheckpoint> FindAsync(string? runId, string? instanceId, string? name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bucket = configuration.S3Bucket ?? throw RunctlErrors.BucketNotConfigured("Listing checkpoints");
        var prefix = configuration.S3Prefix.Trim('/') + "/" + (instanceId is null ? "" : instanceId + "/");
        foreach (var (uri, manifest) in await _manifests.ListAsync(bucket, prefix, _ => true, cancellationToken).ConfigureAwait(false))
        {
            if ((runId is null || manifest.RunId == runId) && (name is null || manifest.Name == name))
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

    /// <summary>Downloads and verifies; nothing is in place under its name before it is whole.</summary>
    /// <returns>The path of the file or directory.</returns>
    public Task<string> DownloadAsync(RunctlCheckpoint checkpoint, string directory, bool overwrite, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        new CheckpointDownload(cloud.Objects, checkpoint, progress).RunAsync(directory, overwrite, cancellationToken);

    private RunctlCheckpoint Of(S3Uri uri, ManifestRecord manifest) => new()
    {
        Name = manifest.Name,
        RunId = manifest.RunId,
        Attempt = manifest.Attempt,
        InstanceId = manifest.InstanceId ?? "",
        Step = manifest.Step,
        LastStep = manifest.LastStep,
        Reason = manifest.Reason,
        SavedAt = manifest.SavedAt,
        Size = manifest.Bytes,
        Validation = manifest.Validation?.Level,
        Format = manifest.Validation?.Format,
        S3Bucket = uri.Bucket,
        S3Uri = new S3Uri(uri.Bucket, manifest.Kind == "file" && manifest.Files is [var only] ? only.Key : uri.Key[..^ManifestRecord.Suffix.Length] + (manifest.Kind == "file" ? "" : "/")).ToString(),
        Manifest = uri.ToString(),
        Files = manifest.Files,
        Region = cloud.Region,
        EndpointUrl = cloud.Connection.EndpointUrl,
        ProfileName = cloud.Connection.ProfileName,
    };
}
