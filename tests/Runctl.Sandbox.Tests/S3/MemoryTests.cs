namespace Runctl.Sandbox.Tests.S3;

// Alone, because the heap it measures is that of all tests.
[CollectionDefinition("Memory", DisableParallelization = true)]
[Collection("Memory")]
public sealed class MemoryTests
{
    private const long Size = 64L * 1024 * 1024;

    [Fact]
    public async Task Memory_stays_flat_whatever_the_size_of_an_object()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = new AwsServer();
        using var client = server.Client();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        // The heap is measured when all but one byte are on their way, and in the middle of the way back.
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var putting = client.PutObjectAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "big", InputStream = new GatedStream(Size, reached, go),
        }, token);
        await reached.Task.WaitAsync(token);
        var put = GC.GetTotalMemory(forceFullCollection: true) - before;
        go.SetResult();
        await putting;
        using var got = await client.GetObjectAsync(AwsServer.Bucket, "big", token);
        var buffer = new byte[64 * 1024];
        var length = 0L;
        var get = 0L;
        while (await got.ResponseStream.ReadAsync(buffer, token) is > 0 and var count)
        {
            length += count;
            if (get == 0 && length > Size / 2)
            {
                get = GC.GetTotalMemory(forceFullCollection: true) - before;
            }
        }

        Assert.Equal(Size, length);
        Assert.InRange(put, long.MinValue, 8 * 1024 * 1024);
        Assert.InRange(get, long.MinValue, 8 * 1024 * 1024);
    }
}
