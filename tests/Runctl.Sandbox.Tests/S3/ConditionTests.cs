using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Runctl.Sandbox.Tests.S3;

public sealed class ConditionTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly AmazonS3Client _client;

    public ConditionTests() => _client = _server.Client();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Of_many_who_create_the_same_key_exactly_one_wins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => CodeAsync(new() { ContentBody = $"{i}", IfNoneMatch = "*" })));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes.Where(outcome => outcome is not null), outcome => Assert.Equal("PreconditionFailed", outcome));
        Assert.Equal(1, _server.Files);
    }

    [Fact]
    public async Task Of_many_who_replace_the_same_version_exactly_one_wins()
    {
        var first = await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "first" }, Token);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => CodeAsync(new() { ContentBody = $"{i}", IfMatch = first.ETag })));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(1, _server.Files);
    }

    [Fact]
    public async Task If_Match_on_a_missing_key_is_404()
    {
        Assert.Equal("NoSuchKey", await CodeAsync(new() { ContentBody = "x", IfMatch = "\"abc\"" }));
        Assert.Equal("NoSuchKey", await CodeAsync(new() { ContentBody = "x", IfMatch = "*" }));
    }

    [Fact]
    public async Task A_delete_during_a_conditional_write_is_a_conflict()
    {
        var put = await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "first" }, Token);
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var writing = CodeAsync(new() { InputStream = new GatedStream(200_000, reached, go), IfMatch = put.ETag });
        await reached.Task.WaitAsync(Token);
        while (_server.Files < 2)
        {
            await Task.Delay(5, Token);
        }

        await _client.DeleteObjectAsync(AwsServer.Bucket, "k", Token);
        go.SetResult();

        Assert.Equal("ConditionalRequestConflict", await writing);
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task Reads_are_conditional_too()
    {
        var put = await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "x" }, Token);

        var unchanged = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectAsync(
            new() { BucketName = AwsServer.Bucket, Key = "k", EtagToNotMatch = put.ETag }, Token));
        var changed = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectAsync(
            new() { BucketName = AwsServer.Bucket, Key = "k", EtagToMatch = "\"other\"" }, Token));

        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, changed.StatusCode);
    }

    private async Task<string?> CodeAsync(PutObjectRequest request)
    {
        request.BucketName = AwsServer.Bucket;
        request.Key = "k";
        try
        {
            await _client.PutObjectAsync(request, Token);
            return null;
        }
        catch (AmazonS3Exception e)
        {
            return e.ErrorCode;
        }
    }
}
