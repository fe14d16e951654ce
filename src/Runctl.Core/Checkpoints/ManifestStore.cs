using System.Text.Json;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Checkpoints;

/// <summary>Manifests in S3.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="store">The store whose checkpoints are looked for; null for those of any place.</param>
internal sealed class ManifestStore(ICloud cloud, StoreReference? store)
{
    /// <summary>The manifest at a key, or null.</summary>
    /// <exception cref="RunctlException">RecordDamaged, or KeyRefused: it names an object that is not its own to name.</exception>
    public async Task<ManifestRecord?> ReadAsync(S3Uri uri, CancellationToken cancellationToken)
    {
        var content = await cloud.Objects.ReadAsync(uri.Bucket, uri.Key, cancellationToken).ConfigureAwait(false);
        try
        {
            if (content is null)
            {
                return null;
            }

            var manifest = RunctlJson.ReadPlain<ManifestRecord>(content.Content).Normalized();
            ManifestReach.Check(manifest, uri, store);
            return manifest;
        }
        catch (JsonException e)
        {
            throw RunctlErrors.RecordDamaged(uri.ToString(), e);
        }
    }

    /// <summary>The manifest that a URI means: its own, that of the checkpoint it names, or the newest below a path that ends in a slash.</summary>
    /// <exception cref="RunctlException">There is none.</exception>
    public async Task<(S3Uri Uri, ManifestRecord Manifest)> FindAsync(string text, CancellationToken cancellationToken)
    {
        var given = S3Uri.Parse(text.EndsWith('/') && text.Length > 6 ? text[..^1] : text);
        var uri = given.Key.EndsWith(ManifestRecord.Suffix, StringComparison.Ordinal) ? given : given with { Key = given.Key + ManifestRecord.Suffix };
        if (await ReadAsync(uri, cancellationToken).ConfigureAwait(false) is { } manifest)
        {
            return manifest.Complete ? (uri, manifest) : await FindCompletedAsync(uri, manifest, cancellationToken).ConfigureAwait(false);
        }

        if (text.EndsWith('/'))
        {
            var newest = await ListAsync(given.Bucket, given.Key + "/", _ => true, cancellationToken).ConfigureAwait(false);
            if (newest.Count > 0)
            {
                return newest[0];
            }
        }

        // The file of a set, whose manifest has the name of its head.
        var folder = given.Key[..(given.Key.LastIndexOf('/') + 1)];
        var holding = await ListAsync(given.Bucket, folder, _ => true, cancellationToken, _ => { }).ConfigureAwait(false);
        return holding.FirstOrDefault(found => found.Manifest.Files.Any(file => file.Key == given.Key && file.Class == CheckpointFile.Save)) is { Manifest: not null } owner ? owner : throw RunctlErrors.CheckpointNotFound(text);
    }

    /// <summary>The newest manifest of a save whose first one was committed before all of it was in S3.</summary>
    private async Task<(S3Uri Uri, ManifestRecord Manifest)> FindCompletedAsync(S3Uri uri, ManifestRecord manifest, CancellationToken cancellationToken)
    {
        var key = uri.Key[..^ManifestRecord.Suffix.Length];
        var end = key.LastIndexOf(manifest.Name, StringComparison.Ordinal);
        var found = await ListAsync(uri.Bucket, end < 0 ? key : key[..(end + manifest.Name.Length)], _ => true, cancellationToken, _ => { }).ConfigureAwait(false);
        return found.FirstOrDefault(other => other.Manifest.IsOfSameSave(manifest)) is { Manifest: not null } newest ? newest : (uri, manifest);
    }

    /// <summary>The manifests below a prefix whose keys pass, newest save first, and of one save the newest manifest first.</summary>
    /// <param name="bucket">Bucket.</param>
    /// <param name="prefix">Prefix.</param>
    /// <param name="isWanted">Which keys are wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="onDamaged">Told of manifests that cannot be read; without it the first one is thrown.</param>
    public async Task<IReadOnlyList<(S3Uri Uri, ManifestRecord Manifest)>> ListAsync(string bucket, string prefix, Func<string, bool> isWanted, CancellationToken cancellationToken, Action<RunctlException>? onDamaged = null)
    {
        var uris = new List<S3Uri>();
        await foreach (var item in cloud.Objects.ListAsync(bucket, prefix, cancellationToken).ConfigureAwait(false))
        {
            if (item.Key.EndsWith(ManifestRecord.Suffix, StringComparison.Ordinal) && isWanted(item.Key))
            {
                uris.Add(new S3Uri(bucket, item.Key));
            }
        }

        var found = new System.Collections.Concurrent.ConcurrentBag<(S3Uri Uri, ManifestRecord Manifest)>();
        await Parallel.ForEachAsync(uris, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (uri, token) =>
        {
            try
            {
                // It may have been removed since it was listed.
                if (await ReadAsync(uri, token).ConfigureAwait(false) is { } manifest)
                {
                    found.Add((uri, manifest));
                }
            }
            catch (RunctlException e) when (onDamaged is not null && e.Kind == ErrorKind.InvalidData)
            {
                onDamaged(e);
            }
        }).ConfigureAwait(false);
        return [.. found.OrderByDescending(m => m.Manifest.SavedAt).ThenByDescending(m => m.Manifest.Created).ThenByDescending(m => m.Manifest.Complete).ThenBy(m => m.Uri.Key, StringComparer.Ordinal)];
    }
}
