using Runctl.Checkpoints;
using Runctl.Code;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Makes what a user wants to resume from into something an instance can restore.</summary>
internal sealed class ResumePreparation(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>Checks that the checkpoint is there, before anything is changed.</summary>
    /// <returns>What the training begins from, for people; null if it begins at the beginning.</returns>
    public async Task<string?> CheckAsync(StartRequest request, CancellationToken cancellationToken)
    {
        if (request.ResumeFrom is not { } source)
        {
            return null;
        }

        if (S3Uri.Looks(source))
        {
            if (configuration.S3Bucket is null)
            {
                throw RunctlErrors.BucketNotConfigured("Resuming from a checkpoint in S3");
            }

            var (uri, manifest) = await new ManifestStore(cloud, StoreReference.Of(configuration)).FindAsync(source, cancellationToken).ConfigureAwait(false);
            return $"{manifest.ToReference(uri).Described} of run {manifest.RunId}";
        }

        if (!Path.Exists(source))
        {
            throw RunctlErrors.CheckpointNotFound(source);
        }

        if (configuration.S3Bucket is null)
        {
            RelativePath(request, source);
        }

        return source;
    }

    /// <summary>The source for the spec; a local checkpoint is uploaded as a checkpoint of its own.</summary>
    public async Task<ResumeSource?> PrepareAsync(StartRequest request, string runId, RunStore? store, CancellationToken cancellationToken)
    {
        if (request.ResumeFrom is not { } source)
        {
            return null;
        }

        if (S3Uri.Looks(source))
        {
            var (uri, _) = await new ManifestStore(cloud, StoreReference.Of(configuration)).FindAsync(source, cancellationToken).ConfigureAwait(false);
            return new ResumeSource { Manifest = uri.ToString() };
        }

        return store is null ? new ResumeSource { Path = RelativePath(request, source) } : new ResumeSource { Manifest = await UploadAsync(source, runId, store, cancellationToken).ConfigureAwait(false) };
    }

    private async Task<string> UploadAsync(string source, string runId, RunStore store, CancellationToken cancellationToken)
    {
        source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        var isDirectory = Directory.Exists(source);
        var name = Path.GetFileName(source);
        var files = new List<CheckpointFile>();
        foreach (var relative in isDirectory ? FileTree.List(source) : [name])
        {
            var path = isDirectory ? Path.Combine(source, relative) : source;

            // Nothing but files is opened, a link's target among them; a FIFO would wait for a writer.
            if (!File.Exists(path) || Entries.KindOf(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path) != EntryKind.File)
            {
                continue;
            }

            var key = store.Keys.Resume(runId, isDirectory ? $"{name}/{relative}" : name);
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using (stream.ConfigureAwait(false))
            {
                var (crc, length) = await Crc32.OfAsync(stream, cancellationToken).ConfigureAwait(false);
                files.Add(new CheckpointFile(relative, key, length, crc));
            }

            await cloud.Objects.UploadAsync(store.Bucket, key, path, WriteCondition.Always, cancellationToken).ConfigureAwait(false);
        }

        var manifestKey = store.Keys.Resume(runId, name + ManifestRecord.Suffix);
        var manifest = new ManifestRecord
        {
            RunId = runId,
            Attempt = 0,
            Name = name,
            Kind = isDirectory ? "directory" : "file",
            Reason = "manual",
            SavedAt = File.GetLastWriteTimeUtc(source),
            Created = time.GetUtcNow(),
            Files = files,
            Bytes = files.Sum(f => f.Size),
            Validation = new ManifestValidation("unknown", "settled", null),
        };
        await cloud.Objects.WriteAsync(store.Bucket, manifestKey, RunctlJson.WriteUtf8(manifest), WriteCondition.Always, cancellationToken).ConfigureAwait(false);
        return new S3Uri(store.Bucket, manifestKey).ToString();
    }

    private string RelativePath(StartRequest request, string source)
    {
        var relative = Path.GetRelativePath(request.ProjectDirectory, source).Replace('\\', '/');
        return request.SyncCode && relative.StartsWith(configuration.CheckpointDirectory.Replace('\\', '/').Trim('/') + "/", StringComparison.Ordinal)
            ? relative
            : throw RunctlErrors.LocalCheckpointNeedsBucket(source, configuration.CheckpointDirectory);
    }
}
