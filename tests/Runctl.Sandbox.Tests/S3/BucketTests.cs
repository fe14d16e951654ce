using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Runctl.Sandbox.Tests.S3;

public sealed class BucketTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly AmazonS3Client _client;

    public BucketTests() => _client = _server.Client();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_bucket_is_made_found_and_removed_once_it_is_empty()
    {
        await _client.PutBucketAsync("second", Token);
        await _client.PutObjectAsync(new() { BucketName = "second", Key = "k", ContentBody = "x" }, Token);
        var names = (await _client.ListBucketsAsync(Token)).Buckets.Select(bucket => bucket.BucketName);
        var full = await CodeAsync(() => _client.DeleteBucketAsync("second", Token));
        await _client.DeleteObjectAsync("second", "k", Token);
        await _client.DeleteBucketAsync("second", Token);

        Assert.Equal(["runs", "second"], names);
        Assert.Equal("BucketNotEmpty", full);
        Assert.Equal("NoSuchBucket", await CodeAsync(() => _client.ListObjectsV2Async(new() { BucketName = "second" }, Token)));
    }

    [Fact]
    public async Task Outside_of_us_east_1_the_region_must_be_named_and_a_second_creation_is_refused()
    {
        using var client = _server.Client(configure: config => config.AuthenticationRegion = "eu-west-1");
        var named = new PutBucketRequest { BucketName = "irish", PutBucketConfiguration = new() { LocationConstraint = "eu-west-1" } };
        var none = await CodeAsync(() => client.PutBucketAsync(new PutBucketRequest { BucketName = "irish" }, Token));
        await client.PutBucketAsync(named, Token);

        var again = await CodeAsync(() => client.PutBucketAsync(named, Token));
        var elsewhere = await CodeAsync(() => _client.ListObjectsV2Async(new() { BucketName = "irish" }, Token));
        var location = await _client.GetBucketLocationAsync("irish", Token);

        Assert.Equal("IllegalLocationConstraintException", none);
        Assert.Equal("BucketAlreadyOwnedByYou", again);
        Assert.Equal("AuthorizationHeaderMalformed", elsewhere);
        Assert.Equal("eu-west-1", location.Location.Value);
    }

    [Fact]
    public async Task In_us_east_1_making_ones_bucket_again_is_fine() => await _client.PutBucketAsync(AwsServer.Bucket, Token);

    [Fact]
    public async Task A_missing_bucket_is_404_to_HEAD()
    {
        var error = await Assert.ThrowsAnyAsync<AmazonS3Exception>(
            () => _client.HeadBucketAsync(new() { BucketName = "none-such" }, Token));
        Assert.Equal(HttpStatusCode.NotFound, error.StatusCode);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("Upper")]
    [InlineData("192.168.0.1")]
    [InlineData("under_score")]
    public async Task A_name_against_the_rules_is_refused(string name) =>
        Assert.Equal("InvalidBucketName", await CodeAsync(() => _client.PutBucketAsync(name, Token)));

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAnyAsync<AmazonS3Exception>(call)).ErrorCode;
}
