using System.Text.Json;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Ports;

namespace Runctl.Checkpoints;

/// <summary>Manifests in S3.</summary>
internal sealed class ManifestStore(ICloud cloud)
{
    /// <summary>The manifest at a key, or null.</summary>
    public async Task<ManifestRecord?> ReadAsync(S3Uri uri, CancellationToken cancellationToken)
    {
        var content = await cloud.Objects.ReadAsync(uri.Bucket, uri.Key, cancellationToken).ConfigureAwait(false);
        try
        {
            return content is null ? null : RunctlJson.Read<ManifestRecord>(content.Content);
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
            return (uri, manifest);
        }

        if (text.EndsWith('/'))
        {
            var newest = await ListAsync(given.Bucket, given.Key + "/", _ => true, cancellationToken).ConfigureAwait(false);
            if (newest.Count > 0)
            {
                return newest[0];
            }
        }

        throw RunctlErrors.CheckpointNotFound(text);
    }

    /// <summary>The manifests below a prefix whose keys pass, newest save first.</summary>
    /// <param name="bucket">Bucket.</param>
    /// <param name="prefix">Prefix.</param>
    /// <param name="isWanted">Which keys are wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="onDamaged">Told of manifests that can not be read; without it the first one is thrown.</param>
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
        return [.. found.OrderByDescending(m => m.Manifest.SavedAt).ThenByDescending(m => m.Manifest.Step ?? 0).ThenBy(m => m.Uri.Key, StringComparer.Ordinal)];
    }
}
