using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>S3 in memory.</summary>
internal sealed class MemoryStore : IObjectStore
{
    private long _version;

    public ConcurrentDictionary<string, (byte[] Content, string ETag)> Objects { get; } = new();

    public List<string> Writes { get; } = [];

    public void Put(string key, string content) => Objects[key] = (Encoding.UTF8.GetBytes(content), Next());

    /// <summary>Buckets that are not there.</summary>
    public HashSet<string> Missing { get; } = [];

    public Task CheckBucketAsync(string bucket, string prefix, CancellationToken cancellationToken) =>
        Missing.Contains(bucket) ? throw new RunctlException("BucketNotFound", ErrorKind.NotFound, $"There is no bucket {bucket}.", bucket, $"Start-RunctlSandbox -S3Bucket {bucket}") : Task.CompletedTask;

    public async IAsyncEnumerable<ObjectRecord> ListAsync(string bucket, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var listed = 0;
        BeforeListOf?.Invoke(prefix);
        Count("LIST");
        foreach (var (key, value) in Objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            if (listed++ is > 0 and var before && before % 1000 == 0)
            {
                Count("LIST");
            }

            yield return new ObjectRecord(key, value.Content.Length, value.ETag, Written.GetValueOrDefault(key, DateTimeOffset.UnixEpoch));
        }
    }

    /// <summary>When objects were written, where a test says so.</summary>
    public Dictionary<string, DateTimeOffset> Written { get; } = [];

    /// <summary>Happens before a list, by the key after which it begins.</summary>
    public Action<string>? BeforeList { get; set; }

    /// <summary>Happens before a list of everything below a prefix.</summary>
    public Action<string>? BeforeListOf { get; set; }

    /// <summary>How many objects were read.</summary>
    public int Reads { get; private set; }

    /// <summary>How many pages of a thousand were listed.</summary>
    public int Pages { get; private set; }

    public async IAsyncEnumerable<ObjectRecord> ListAfterAsync(string bucket, string prefix, string after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Pages++;
        BeforeList?.Invoke(after);
        var count = 0;
        await foreach (var item in ListAsync(bucket, prefix, cancellationToken))
        {
            if (string.CompareOrdinal(item.Key, after) > 0)
            {
                Pages += ++count % 1000 == 1 && count > 1 ? 1 : 0;
                yield return item;
            }
        }
    }

    public async IAsyncEnumerable<string> ListDirectoriesAsync(string bucket, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var listed = 0;
        Count("LIST");
        foreach (var directory in Objects.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal) && k[prefix.Length..].Contains('/', StringComparison.Ordinal)).Select(k => k[..(k.IndexOf('/', prefix.Length) + 1)]).Distinct().Order())
        {
            if (listed++ is > 0 and var before && before % 1000 == 0)
            {
                Count("LIST");
            }

            yield return directory;
        }
    }

    public Task<ObjectRecord?> FindAsync(string bucket, string key, CancellationToken cancellationToken) =>
        Task.FromResult(Objects.TryGetValue(key, out var o) ? new ObjectRecord(key, o.Content.Length, o.ETag, DateTimeOffset.UnixEpoch) : null);

    /// <summary>Happens before an object is read, by its key.</summary>
    public Action<string>? BeforeRead { get; set; }

    public Task<ObjectContent?> ReadAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        Count("GET");
        Reads++;
        BeforeRead?.Invoke(key);
        return Task.FromResult(Objects.TryGetValue(key, out var o) ? new ObjectContent(o.Content, o.ETag) : null);
    }

    /// <summary>Happens before an object is streamed, by its key.</summary>
    public Func<string, Task>? BeforeOpen { get; set; }

    public async Task<Stream?> OpenAsync(string bucket, string key, long offset, long? length, CancellationToken cancellationToken)
    {
        await (BeforeOpen?.Invoke(key) ?? Task.CompletedTask);
        return Objects.TryGetValue(key, out var o) ? new MemoryStream(o.Content, (int)offset, (int)Math.Min(length ?? long.MaxValue, o.Content.Length - offset)) : null;
    }

    public Task<bool> WriteAsync(string bucket, string key, ReadOnlyMemory<byte> content, WriteCondition condition, CancellationToken cancellationToken)
    {
        Count("PUT");
        BeforeWrite?.Invoke(key);
        lock (Writes)
        {
            return WriteAsync(key, content, condition);
        }
    }

    /// <summary>Happens before an object is written, by its key.</summary>
    public Action<string>? BeforeWrite { get; set; }

    /// <summary>Calls by their kind; a page of a thousand is a call.</summary>
    public ConcurrentDictionary<string, int> Calls { get; } = new();

    private void Count(string kind) => Calls.AddOrUpdate(kind, 1, (_, count) => count + 1);

    private Task<bool> WriteAsync(string key, ReadOnlyMemory<byte> content, WriteCondition condition)
    {
        if ((condition.OnlyIfMissing && Objects.ContainsKey(key)) || (condition.OnlyIfETag is { } tag && (!Objects.TryGetValue(key, out var o) || o.ETag != tag)))
        {
            return Task.FromResult(false);
        }

        Objects[key] = (content.ToArray(), Next());
        Writes.Add(key);
        return Task.FromResult(true);
    }

    public Task DeleteAsync(string bucket, string key, CancellationToken cancellationToken)
    {
        Objects.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    public async Task<bool> UploadAsync(string bucket, string key, string path, WriteCondition condition, CancellationToken cancellationToken) =>
        await WriteAsync(bucket, key, await File.ReadAllBytesAsync(path, cancellationToken), condition, cancellationToken);

    private string Next() => Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture);
}
