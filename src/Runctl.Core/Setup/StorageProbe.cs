using System.Security.Cryptography;
using System.Text;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Setup;

/// <summary>Small objects that are written, read and deleted to see whether that works.</summary>
internal sealed class StorageProbe(IObjectStore objects, StoreReference store)
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("runctl check\n");
    private static readonly TimeSpan CleanupTime = TimeSpan.FromSeconds(3);

    /// <summary>Keys of new names below the prefixes of checkpoints and of records.</summary>
    public IReadOnlyList<string> NewKeys(string? instanceId)
    {
        var name = "runctl-check-" + Hex.Of(RandomNumberGenerator.GetBytes(6));
        return [$"{store.Prefix}/{(instanceId is null ? "" : instanceId + "/")}{name}", new RunKeys(store.RunPrefix).Probe(name)];
    }

    /// <summary>Tries both prefixes from here.</summary>
    /// <returns>The keys that could not be deleted.</returns>
    /// <exception cref="RunctlException">Writing or reading does not work.</exception>
    public async Task<IReadOnlyList<string>> TryAsync(CancellationToken cancellationToken)
    {
        var written = new List<string>();
        IReadOnlyList<string> left = [];
        try
        {
            foreach (var key in NewKeys(null))
            {
                written.Add(key);
                await objects.WriteAsync(store.Bucket, key, Content, WriteCondition.Always, cancellationToken).ConfigureAwait(false);
                if (await objects.ReadAsync(store.Bucket, key, cancellationToken).ConfigureAwait(false) is not { } read || !read.Content.Span.SequenceEqual(Content))
                {
                    throw RunctlErrors.ObjectNotReadBack(store.Bucket, key);
                }
            }
        }
        finally
        {
            left = await DeleteAsync(written).ConfigureAwait(false);
        }

        return left;
    }

    /// <summary>Deletes, under a limit of its own: who stopped the check wants nothing left either.</summary>
    /// <returns>The keys that could not be deleted.</returns>
    public async Task<IReadOnlyList<string>> DeleteAsync(IEnumerable<string> keys)
    {
        var left = new List<string>();
        foreach (var key in keys)
        {
            if (await Cleanup.TryAsync(token => objects.DeleteAsync(store.Bucket, key, token), CleanupTime, TimeProvider.System).ConfigureAwait(false) is not null)
            {
                left.Add(key);
            }
        }

        return left;
    }

    /// <summary>Says what stays where deleting is not allowed.</summary>
    public string Remains(IReadOnlyList<string> left) => left.Count == 0 ? "" : $"; deleting is not allowed, so {string.Join(" and ", left.Select(key => $"s3://{store.Bucket}/{key}"))} ({Content.Length} bytes) stays";
}
