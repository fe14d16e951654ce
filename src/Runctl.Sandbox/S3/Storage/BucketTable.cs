using System.Collections.Concurrent;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>The buckets of a sandbox.</summary>
internal sealed class BucketTable(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>The bucket of this name, or null.</summary>
    public Bucket? Find(string name) => _buckets.GetValueOrDefault(name);

    /// <summary>All buckets by name.</summary>
    public IReadOnlyList<Bucket> Snapshot() => [.. _buckets.Values.OrderBy(bucket => bucket.Name, StringComparer.Ordinal)];

    /// <summary>Makes a bucket; false where there is one already.</summary>
    public bool TryAdd(string name, string? region, SandboxBucketRules? rules = null) =>
        _buckets.TryAdd(name, new Bucket(name, region, clock.GetUtcNow()) { Rules = rules ?? new() });

    /// <summary>Removes an empty bucket with its unfinished uploads.</summary>
    /// <exception cref="S3Exception">It is not empty.</exception>
    public void Remove(Bucket bucket)
    {
        if (!bucket.IsEmpty)
        {
            throw S3Errors.BucketNotEmpty(bucket.Name);
        }

        _buckets.TryRemove(KeyValuePair.Create(bucket.Name, bucket));
        foreach (var upload in bucket.Uploads.Snapshot())
        {
            bucket.Uploads.Abort(upload.Id, upload.Key);
        }
    }
}
