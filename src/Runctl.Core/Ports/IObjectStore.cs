namespace Runctl.Ports;

/// <summary>S3, as far as Runctl uses it. A missing object is null, never an error; a refused one is an error that says which permission is missing.</summary>
public interface IObjectStore
{
    /// <summary>Whether the bucket is there, in the connection's region, and may be listed below a prefix; otherwise an error that says why not.</summary>
    Task CheckBucketAsync(string bucket, string prefix, CancellationToken cancellationToken);

    /// <summary>The objects below a prefix in the order of their keys, all pages.</summary>
    IAsyncEnumerable<ObjectRecord> ListAsync(string bucket, string prefix, CancellationToken cancellationToken);

    /// <summary>The objects below a prefix whose keys sort after another key, in order, a page at a time.</summary>
    IAsyncEnumerable<ObjectRecord> ListAfterAsync(string bucket, string prefix, string after, CancellationToken cancellationToken);

    /// <summary>The "directories" right below a prefix, each ending in a slash.</summary>
    IAsyncEnumerable<string> ListDirectoriesAsync(string bucket, string prefix, CancellationToken cancellationToken);

    /// <summary>An object's record, or null.</summary>
    Task<ObjectRecord?> FindAsync(string bucket, string key, CancellationToken cancellationToken);

    /// <summary>A small object, or null.</summary>
    /// <exception cref="Errors.RunctlException">RecordTooLarge: it is no small one.</exception>
    Task<ObjectContent?> ReadAsync(string bucket, string key, CancellationToken cancellationToken);

    /// <summary>Streams a range of an object, or null where it does not exist.</summary>
    /// <param name="bucket">Bucket.</param>
    /// <param name="key">Key.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many bytes, or null for all that follow.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<Stream?> OpenAsync(string bucket, string key, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>Writes a small object.</summary>
    /// <returns>Whether it was written: false where the condition did not hold.</returns>
    Task<bool> WriteAsync(string bucket, string key, ReadOnlyMemory<byte> content, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>Deletes an object; one that is not there is no error.</summary>
    Task DeleteAsync(string bucket, string key, CancellationToken cancellationToken);

    /// <summary>Uploads a file with its CRC32, in parts where it is big.</summary>
    /// <returns>Whether it was written: false where the condition did not hold.</returns>
    Task<bool> UploadAsync(string bucket, string key, string path, WriteCondition condition, CancellationToken cancellationToken);
}
