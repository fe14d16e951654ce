using Runctl.Checkpoints;
using Runctl.Progress;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>Single files of checkpoints in S3.</summary>
internal static class CatalogFiles
{
    /// <summary>The newest version of a file that a checkpoint of the run, or of the instance, has; null if none has it.</summary>
    public static async Task<byte[]?> ReadFileAsync(this CheckpointCatalog catalog, string? runId, string? instanceId, string path, CancellationToken token)
    {
        await foreach (var checkpoint in catalog.FindAsync(runId, instanceId, null, token, refused: _ => { }))
        {
            if (checkpoint.Files.Where(file => file.Path == path).ToList() is { Count: > 0 } files)
            {
                using var directory = new TempDirectory();
                await catalog.DownloadAsync(checkpoint, files, directory.Path, false, new Progress<ProgressUpdate>(), token);
                return await File.ReadAllBytesAsync(Path.Combine(directory.Path, path), token);
            }
        }

        return null;
    }
}
