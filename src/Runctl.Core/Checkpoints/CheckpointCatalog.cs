using Runctl.Configuration;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Checkpoints;

/// <summary>Finds and downloads committed checkpoints.</summary>
public sealed class CheckpointCatalog(ICloud cloud, RunctlConfiguration configuration)
{
    /// <summary>Committed checkpoints, newest first; of a run, of an instance, or all.</summary>
    public IAsyncEnumerable<RunctlCheckpoint> FindAsync(string? runId, string? instanceId, string? name, CancellationToken cancellationToken) => throw new NotImplementedException($"{cloud}{configuration}");

    /// <summary>The checkpoint an S3 URI names, by its manifest's URI or its own.</summary>
    public Task<RunctlCheckpoint> GetAsync(string s3Uri, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Downloads and verifies; nothing is in place under its name before it is whole.</summary>
    /// <returns>The path of the file or directory.</returns>
    public Task<string> DownloadAsync(RunctlCheckpoint checkpoint, string directory, bool overwrite, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) => throw new NotImplementedException();
}
