namespace Runctl.Sandbox.Tests.S3;

public sealed class MemoryTests
{
    private const long Size = 256L * 1024 * 1024;

    [Fact]
    public async Task Memory_stays_flat_whatever_the_size_of_an_object()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = new AwsServer();
        using var client = server.Client();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var peak = new PeakMemory();
        var open = new TaskCompletionSource();
        open.SetResult();

        await client.PutObjectAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "big", InputStream = new GatedStream(Size, open, open),
        }, token);
        using var got = await client.GetObjectAsync(AwsServer.Bucket, "big", token);
        var buffer = new byte[64 * 1024];
        var length = 0L;
        while (await got.ResponseStream.ReadAsync(buffer, token) is > 0 and var count)
        {
            length += count;
        }

        Assert.Equal(Size, length);
        Assert.True(peak.Bytes - before < 128 * 1024 * 1024, $"The heap grew by {peak.Bytes - before} bytes.");
    }

    /// <summary>The largest heap seen while it lives.</summary>
    private sealed class PeakMemory : IDisposable
    {
        private readonly Timer _timer;
        private long _bytes;

        public PeakMemory() => _timer = new Timer(_ => Sample(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Dispose() => _timer.Dispose();

        private void Sample() => Interlocked.Exchange(ref _bytes, Math.Max(Bytes, GC.GetTotalMemory(forceFullCollection: false)));
    }
}
