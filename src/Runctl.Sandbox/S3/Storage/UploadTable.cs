namespace Runctl.Sandbox.S3.Storage;

/// <summary>A bucket's unfinished uploads.</summary>
internal sealed class UploadTable
{
    private readonly object _lock = new();
    private readonly Dictionary<string, MultipartUpload> _uploads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredObject> _completed = new(StringComparer.Ordinal);

    /// <summary>Begins an upload.</summary>
    public void Add(MultipartUpload upload)
    {
        lock (_lock)
        {
            _uploads.Add(upload.Id, upload);
        }
    }

    /// <summary>The upload of this id and key.</summary>
    /// <exception cref="S3Exception">There is none.</exception>
    public MultipartUpload Get(string id, string key)
    {
        lock (_lock)
        {
            return Require(id, key);
        }
    }

    /// <summary>The uploads by key, then by age.</summary>
    public IReadOnlyList<MultipartUpload> Snapshot()
    {
        lock (_lock)
        {
            return [.. _uploads.Values.OrderBy(upload => upload.Key, KeyOrder.Instance)
                .ThenBy(upload => upload.Initiated).ThenBy(upload => upload.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>An upload's parts in order.</summary>
    /// <exception cref="S3Exception">There is no such upload.</exception>
    public IReadOnlyList<UploadedPart> Parts(string id, string key)
    {
        lock (_lock)
        {
            return [.. Require(id, key).Parts.Values];
        }
    }

    /// <summary>Puts a part in place, over one of the same number.</summary>
    /// <exception cref="S3Exception">The upload ended meanwhile.</exception>
    public void PutPart(string id, string key, UploadedPart part)
    {
        UploadedPart? replaced;
        lock (_lock)
        {
            var parts = Require(id, key).Parts;
            parts.TryGetValue(part.Number, out replaced);
            parts[part.Number] = part;
        }

        ContentStore.Delete(replaced is null ? [] : [replaced.Content.Segment]);
    }

    /// <summary>The object an upload has become, or null: a client whose answer was lost asks again.</summary>
    public StoredObject? Completed(string id, string key)
    {
        lock (_lock)
        {
            return _completed.GetValueOrDefault(id) is { } done && done.Key == key ? done : null;
        }
    }

    /// <summary>
    /// Turns an upload into an object: <paramref name="complete"/> makes it visible. The upload stays where that throws.
    /// </summary>
    public StoredObject Complete(string id, string key, Func<MultipartUpload, StoredObject> complete)
    {
        List<Segment> unused;
        StoredObject result;
        lock (_lock)
        {
            var upload = Require(id, key);
            result = complete(upload);
            unused = upload.Parts.Values.Select(part => part.Content.Segment).Except(result.Segments).ToList();
            _uploads.Remove(id);
            _completed[id] = result;
        }

        ContentStore.Delete(unused);
        return result;
    }

    /// <summary>Ends an upload and drops its parts.</summary>
    /// <exception cref="S3Exception">There is no such upload.</exception>
    public void Abort(string id, string key)
    {
        MultipartUpload upload;
        lock (_lock)
        {
            upload = Require(id, key);
            _uploads.Remove(id);
        }

        ContentStore.Delete(upload.Parts.Values.Select(part => part.Content.Segment));
    }

    private MultipartUpload Require(string id, string key) =>
        _uploads.GetValueOrDefault(id) is { } upload && upload.Key == key ? upload : throw S3Errors.NoSuchUpload(id);
}
