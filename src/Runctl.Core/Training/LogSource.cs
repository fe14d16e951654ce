using System.Globalization;
using System.IO.Compression;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>A run's log by offset: from the guard while the instance answers, from the segments in S3 once it is gone.</summary>
internal sealed class LogSource(ICloud cloud, RunctlTraining training, TimeProvider time)
{
    private readonly GuardClient _guard = new(cloud, time);
    private readonly RunStore? _store = new TrainingReader(cloud, time).StoreOf(training);
    private bool _isGone;
    private (long Start, byte[] Data)? _segment;

    /// <summary>Where the log of this attempt begins.</summary>
    public long FirstOffset { get; private set; }

    /// <summary>A piece from an offset on; an offset beyond the end gives an empty piece with the log's size.</summary>
    public async Task<LogChunk> ReadAsync(long offset, CancellationToken cancellationToken)
    {
        if (!_isGone)
        {
            try
            {
                var answer = await _guard.CallAsync<LogAnswer>(training.InstanceId, ["log", "--run", training.RunId, "--offset", offset.ToString(CultureInfo.InvariantCulture)], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
                return new LogChunk(Unpack(Convert.FromBase64String(answer.Data ?? "")), answer.NextOffset, answer.Size, answer.Ended);
            }
            catch (RunctlException e) when (TrainingReader.MeansGone(e))
            {
                _isGone = true;
            }
        }

        return _store is null ? throw RunctlErrors.LogUnavailable(training.RunId, training.InstanceId) : await ReadSegmentAsync(_store, offset, cancellationToken).ConfigureAwait(false);
    }

    private async Task<LogChunk> ReadSegmentAsync(RunStore store, long offset, CancellationToken cancellationToken)
    {
        var segments = await store.ListSegmentsAsync(store.Keys.Log(training.RunId, training.Attempt), cancellationToken).ConfigureAwait(false);
        if (segments.Count == 0)
        {
            return new LogChunk(ReadOnlyMemory<byte>.Empty, 0, 0, Ended: true);
        }

        FirstOffset = segments[0].Start;
        offset = Math.Max(offset, FirstOffset);
        var last = await LoadAsync(store, segments[^1], cancellationToken).ConfigureAwait(false);
        var size = segments[^1].Start + last.Length;
        if (offset >= size)
        {
            return new LogChunk(ReadOnlyMemory<byte>.Empty, size, size, Ended: true);
        }

        var wanted = segments.Last(s => s.Start <= offset);
        var data = await LoadAsync(store, wanted, cancellationToken).ConfigureAwait(false);
        var from = (int)Math.Min(offset - wanted.Start, data.Length);
        var next = wanted.Start + data.Length;
        // A segment that was never shipped leaves a hole; what follows it is still worth reading.
        if (from == data.Length)
        {
            next = segments.First(s => s.Start > offset).Start;
            return await ReadSegmentAsync(store, next, cancellationToken).ConfigureAwait(false);
        }

        return new LogChunk(data.AsMemory(from), next, size, Ended: next >= size);
    }

    private async Task<byte[]> LoadAsync(RunStore store, (long Start, string Key) segment, CancellationToken cancellationToken)
    {
        if (_segment is { } kept && kept.Start == segment.Start)
        {
            return kept.Data;
        }

        var content = await cloud.Objects.ReadAsync(store.Bucket, segment.Key, cancellationToken).ConfigureAwait(false);
        var data = content is null ? [] : Unpack(content.Content.ToArray());
        _segment = (segment.Start, data);
        return data;
    }

    private static byte[] Unpack(byte[] packed)
    {
        if (packed.Length == 0)
        {
            return packed;
        }

        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        gzip.CopyTo(buffer);
        return buffer.ToArray();
    }

    private sealed record LogAnswer(long Offset, long NextOffset, long Size, bool Ended, string? Data);
}
