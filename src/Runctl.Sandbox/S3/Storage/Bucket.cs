namespace Runctl.Sandbox.S3.Storage;

/// <summary>A bucket's keys and unfinished uploads. Every change is one step under one lock: readers see all of it or nothing.</summary>
internal sealed class Bucket(string name, string? region, DateTimeOffset created)
{
    private readonly object _lock = new();
    private readonly SortedDictionary<string, StoredObject> _objects = new(KeyOrder.Instance);
    private readonly Dictionary<string, long> _deletions = new(StringComparer.Ordinal);
    private long _sequence;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Where it is, or null for a bucket that answers in every region.</summary>
    public string? Region { get; } = region;

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; } = created;

    /// <summary>What it demands of writes.</summary>
    public SandboxBucketRules Rules { get; init; } = new();

    /// <summary>Its unfinished multipart uploads.</summary>
    public UploadTable Uploads { get; } = new();

    /// <summary>Whether it has no objects.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _objects.Count == 0;
            }
        }
    }

    /// <summary>The object under a key, or null.</summary>
    public StoredObject? Find(string key)
    {
        lock (_lock)
        {
            return _objects.GetValueOrDefault(key);
        }
    }

    /// <summary>The object under a key, opened, or null.</summary>
    public (StoredObject Object, SegmentReader Content)? Open(string key)
    {
        lock (_lock)
        {
            return _objects.GetValueOrDefault(key) is { } found ? (found, new SegmentReader(found.Segments)) : null;
        }
    }

    /// <summary>All objects in order, as they are now.</summary>
    public IReadOnlyList<StoredObject> Snapshot()
    {
        lock (_lock)
        {
            return [.. _objects.Values];
        }
    }

    /// <summary>Checks a condition before the content comes; the answer belongs into <see cref="Put"/>.</summary>
    /// <exception cref="S3Exception">It fails already.</exception>
    public long Begin(string key, WriteCondition condition)
    {
        lock (_lock)
        {
            condition.Check(key, _objects.GetValueOrDefault(key));
            return _sequence;
        }
    }

    /// <summary>Puts an object under its key where the condition still holds.</summary>
    /// <exception cref="S3Exception">It does not hold any more, or the key was deleted meanwhile.</exception>
    public void Put(StoredObject value, WriteCondition condition, long begun)
    {
        StoredObject? replaced;
        lock (_lock)
        {
            if (condition.Any && _deletions.GetValueOrDefault(value.Key) > begun)
            {
                throw S3Errors.ConditionalRequestConflict();
            }

            _objects.TryGetValue(value.Key, out replaced);
            condition.Check(value.Key, replaced);
            _objects[value.Key] = value;
        }

        ContentStore.Delete(replaced?.Segments ?? []);
    }

    /// <summary>Removes a key; one that is not there is as good as removed.</summary>
    public void Delete(string key, WriteCondition condition)
    {
        StoredObject? removed;
        lock (_lock)
        {
            _objects.TryGetValue(key, out removed);
            condition.Check(key, removed);
            if (_objects.Remove(key))
            {
                _deletions[key] = ++_sequence;
            }
        }

        ContentStore.Delete(removed?.Segments ?? []);
    }
}
