using static Runctl.Sandbox.Tests.Faults.FaultySandbox;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>The link of an instance to S3.</summary>
public sealed class LinkTests : IAsyncLifetime
{
    private FaultySandbox _sandbox = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _sandbox = await FaultySandbox.StartAsync(new SandboxConditions { LinkBytesPerSecond = 200_000 });
        _id = await _sandbox.LaunchAsync();
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Uploads_at_once_share_the_link()
    {
        using var s3 = await _sandbox.RoleS3Async(_id);
        var took = await TimeAsync(() => Task.WhenAll(PutAsync("a"), PutAsync("b")));
        Assert.True(took >= TimeSpan.FromSeconds(0.9), $"200,000 bytes took {took}.");

        Task PutAsync(string key) => s3.PutObjectAsync(new()
        {
            BucketName = _sandbox.Bucket, Key = key, InputStream = new MemoryStream(new byte[100_000]),
        }, Ct);
    }

    [Fact]
    public async Task A_download_is_paced_and_faster_once_the_link_is()
    {
        using var user = _sandbox.S3();
        await user.PutObjectAsync(new() { BucketName = _sandbox.Bucket, Key = "a", InputStream = new MemoryStream(new byte[100_000]) }, Ct);
        using var s3 = await _sandbox.RoleS3Async(_id);
        var slow = await TimeAsync(GetAsync);
        Assert.True(slow >= TimeSpan.FromSeconds(0.45), $"100,000 bytes took {slow}.");

        _sandbox.Sandbox.SetConditions(_id, new());
        var fast = await TimeAsync(GetAsync);
        Assert.True(fast < slow, $"{fast} without a limit, {slow} with one.");

        async Task GetAsync()
        {
            using var answer = await s3.GetObjectAsync(_sandbox.Bucket, "a", Ct);
            await answer.ResponseStream.CopyToAsync(Stream.Null, Ct);
        }
    }

    [Fact]
    public async Task Every_request_of_the_role_waits_for_the_latency_and_a_users_does_not()
    {
        using var s3 = await _sandbox.RoleS3Async(_id);
        using var user = _sandbox.S3();
        _sandbox.Sandbox.SetConditions(_id, new() { LinkLatency = TimeSpan.FromMinutes(10) });
        var waiting = s3.ListBucketsAsync(Ct);
        Assert.NotEmpty((await user.ListBucketsAsync(Ct)).Buckets);
        Assert.False(waiting.IsCompleted);

        _sandbox.Sandbox.SetConditions(_id, new() { LinkLatency = TimeSpan.FromMilliseconds(200) });
        var took = await TimeAsync(() => s3.ListBucketsAsync(Ct));
        Assert.True(took >= TimeSpan.FromMilliseconds(190), $"It took {took}.");
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        var before = TimeProvider.System.GetTimestamp();
        await work();
        return TimeProvider.System.GetElapsedTime(before);
    }
}
