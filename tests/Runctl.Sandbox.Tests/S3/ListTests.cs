using Amazon.S3;
using Amazon.S3.Model;

namespace Runctl.Sandbox.Tests.S3;

public sealed class ListTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly AmazonS3Client _client;

    public ListTests() => _client = _server.Client();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_delimiter_sums_up_what_is_below_it_and_pages_go_on_after_it()
    {
        await PutAsync("a", "b/1", "b/2", "b/3", "c/1", "d", "e/x/y");

        var pages = await PagesAsync(new() { Delimiter = "/", MaxKeys = 2 });

        Assert.Equal([["a", "b/"], ["d", "c/"], ["e/"]], pages);
    }

    [Fact]
    public async Task A_prefix_selects_and_is_not_summed_up_itself()
    {
        await PutAsync("runs/1/a", "runs/1/b/c", "runs/10/a", "other");

        Assert.Equal([["runs/1/a", "runs/1/b/"]], await PagesAsync(new() { Prefix = "runs/1/", Delimiter = "/" }));
        Assert.Equal([["runs/1/a", "runs/1/b/c"]], await PagesAsync(new() { Prefix = "runs/1/" }));
    }

    [Fact]
    public async Task A_page_has_a_thousand_keys_at_most()
    {
        await PutAsync(Enumerable.Range(0, 1003).Select(i => $"k{i:0000}").ToArray());

        var pages = await PagesAsync(new() { MaxKeys = 5000 });

        Assert.Equal([1000, 3], pages.Select(page => page.Count));
        Assert.Equal(1003, pages.SelectMany(page => page).Distinct().Count());
    }

    [Fact]
    public async Task Keys_are_in_the_order_of_their_bytes()
    {
        // In UTF-16 the last two are the other way round.
        await PutAsync("\U0001F680", "\uFF5E", "z", "A", "a b");

        Assert.Equal([["A", "a b", "z", "\uFF5E", "\U0001F680"]], await PagesAsync(new()));
    }

    [Fact]
    public async Task Listing_begins_after_a_key_and_version_1_after_its_marker()
    {
        await PutAsync("a", "b", "c");

        var after = await _client.ListObjectsV2Async(new() { BucketName = AwsServer.Bucket, StartAfter = "a" }, Token);
        var first = await _client.ListObjectsAsync(new ListObjectsRequest { BucketName = AwsServer.Bucket, MaxKeys = 2 }, Token);
        var second = await _client.ListObjectsAsync(new ListObjectsRequest { BucketName = AwsServer.Bucket, Marker = "b" }, Token);

        Assert.Equal(["b", "c"], after.S3Objects.Select(item => item.Key));
        Assert.Equal(["a", "b"], first.S3Objects.Select(item => item.Key));
        Assert.True(first.IsTruncated);
        Assert.Equal("c", Assert.Single(second.S3Objects).Key);
    }

    [Fact]
    public async Task Keys_that_XML_has_no_room_for_are_listed_encoded()
    {
        await PutAsync("bell\u0007", "line\r\nfeed");

        var listed = await _client.ListObjectsV2Async(
            new() { BucketName = AwsServer.Bucket, Encoding = EncodingType.Url }, Token);

        Assert.Equal(["bell%07", "line%0D%0Afeed"], listed.S3Objects.Select(item => item.Key));
    }

    [Fact]
    public async Task A_token_nobody_gave_out_is_refused()
    {
        var error = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.ListObjectsV2Async(
            new() { BucketName = AwsServer.Bucket, ContinuationToken = "!" }, Token));

        Assert.Equal("InvalidArgument", error.ErrorCode);
    }

    private async Task PutAsync(params string[] keys)
    {
        foreach (var key in keys)
        {
            await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = key, ContentBody = "x" }, Token);
        }
    }

    private async Task<List<List<string>>> PagesAsync(ListObjectsV2Request request)
    {
        request.BucketName = AwsServer.Bucket;
        var pages = new List<List<string>>();
        do
        {
            var page = await _client.ListObjectsV2Async(request, Token);
            pages.Add([.. (page.S3Objects ?? []).Select(item => item.Key), .. page.CommonPrefixes ?? []]);
            Assert.Equal(pages[^1].Count, page.KeyCount);
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is not null);
        return pages;
    }
}
