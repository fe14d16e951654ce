using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;

namespace Runctl.Sandbox.Tests.S3;

public sealed class MultipartTests : IAsyncDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly AwsServer _server = new();
    private readonly AmazonS3Client _client;

    public MultipartTests() => _client = _server.Client();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task TransferUtility_uploads_and_downloads_forty_MiB_in_parts()
    {
        var content = RandomNumberGenerator.GetBytes(40 * MiB + 123);
        using var transfer = new TransferUtility(_client, new TransferUtilityConfig { MinSizeBeforePartUpload = 16 * MiB });
        await transfer.UploadAsync(new TransferUtilityUploadRequest
        {
            BucketName = AwsServer.Bucket, Key = "big", InputStream = new MemoryStream(content), PartSize = 8 * MiB,
        }, Token);

        var head = await _client.GetObjectMetadataAsync(
            new() { BucketName = AwsServer.Bucket, Key = "big", ChecksumMode = ChecksumMode.ENABLED }, Token);
        using var got = await _client.GetObjectAsync(AwsServer.Bucket, "big", Token);
        using var read = new MemoryStream();
        await got.ResponseStream.CopyToAsync(read, Token);

        Assert.EndsWith("-6\"", head.ETag, StringComparison.Ordinal);
        Assert.NotNull(head.ChecksumCRC32);
        Assert.True(content.AsSpan().SequenceEqual(read.ToArray()));
    }

    [Fact]
    public async Task A_full_object_crc_is_combined_from_the_parts_and_verified()
    {
        var content = RandomNumberGenerator.GetBytes(11 * MiB);
        var id = await BeginAsync(ChecksumAlgorithm.CRC32, ChecksumType.FULL_OBJECT);
        var parts = await UploadAsync(id, content, ChecksumAlgorithm.CRC32);
        var crc = Convert.ToBase64String(Sandbox.S3.Checksums.ChecksumAlgorithm.Crc32.Compute(content));

        var wrong = await Assert.ThrowsAsync<AmazonS3Exception>(() => CompleteAsync(id, parts, "AAAAAA=="));
        var done = await CompleteAsync(id, parts, crc);
        var again = await CompleteAsync(id, parts, crc);
        var head = await _client.GetObjectMetadataAsync(
            new() { BucketName = AwsServer.Bucket, Key = "k", ChecksumMode = ChecksumMode.ENABLED }, Token);

        Assert.Equal("BadDigest", wrong.ErrorCode);
        Assert.Equal(crc, done.ChecksumCRC32);
        Assert.Equal(done.ETag, again.ETag);
        Assert.Equal(crc, head.ChecksumCRC32);
        Assert.Equal(ChecksumType.FULL_OBJECT, head.ChecksumType);
    }

    [Fact]
    public async Task A_composite_sha256_is_that_of_the_parts()
    {
        var content = RandomNumberGenerator.GetBytes(6 * MiB);
        var id = await BeginAsync(ChecksumAlgorithm.SHA256, null);
        var parts = await UploadAsync(id, content, ChecksumAlgorithm.SHA256);
        byte[] sums = [.. SHA256.HashData(content.AsSpan(0, 5 * MiB)), .. SHA256.HashData(content.AsSpan(5 * MiB))];

        var done = await CompleteAsync(id, parts, null);

        Assert.Equal(Convert.ToBase64String(SHA256.HashData(sums)) + "-2", done.ChecksumSHA256);
    }

    [Fact]
    public async Task Small_and_missing_parts_are_refused_and_the_upload_stays()
    {
        var id = await BeginAsync(null, null);
        var small = await PartAsync(id, 1, new byte[MiB]);
        var last = await PartAsync(id, 2, new byte[10]);

        Assert.Equal("EntityTooSmall", await CodeAsync(() => CompleteAsync(id, [small, last], null)));
        Assert.Equal("InvalidPart", await CodeAsync(() => CompleteAsync(id, [small, new(3, last.ETag)], null)));
        Assert.Equal("InvalidPart", await CodeAsync(() => CompleteAsync(id, [new(1, "\"00\"")], null)));
        await CompleteAsync(id, [small], null);

        Assert.Equal(MiB, (await _client.GetObjectMetadataAsync(AwsServer.Bucket, "k", Token)).ContentLength);
        Assert.Equal(1, _server.Files);
    }

    [Fact]
    public async Task Parts_and_uploads_are_listed_in_pages_until_aborted()
    {
        var id = await BeginAsync(null, null);
        for (var number = 1; number <= 3; number++)
        {
            await PartAsync(id, number, new byte[number]);
        }

        var first = await _client.ListPartsAsync(new() { BucketName = AwsServer.Bucket, Key = "k", UploadId = id, MaxParts = 2 }, Token);
        var second = await _client.ListPartsAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "k", UploadId = id, PartNumberMarker = first.NextPartNumberMarker!.Value.ToString(CultureInfo.InvariantCulture),
        }, Token);
        var uploads = await _client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = AwsServer.Bucket }, Token);
        await _client.AbortMultipartUploadAsync(AwsServer.Bucket, "k", id, Token);

        Assert.Equal([1, 2], first.Parts.Select(part => part.PartNumber!.Value));
        Assert.True(first.IsTruncated);
        Assert.Equal(3, Assert.Single(second.Parts).Size);
        Assert.Equal(id, Assert.Single(uploads.MultipartUploads).UploadId);
        Assert.Equal("NoSuchUpload", await CodeAsync(() => PartAsync(id, 4, new byte[1])));
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task A_conditional_complete_creates_once()
    {
        var id = await BeginAsync(null, null);
        var part = await PartAsync(id, 1, new byte[1]);
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "first" }, Token);

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.CompleteMultipartUploadAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "k", UploadId = id, PartETags = [part], IfNoneMatch = "*",
        }, Token));

        Assert.Equal((HttpStatusCode.PreconditionFailed, "PreconditionFailed"), (error.StatusCode, error.ErrorCode));
    }

    [Fact]
    public async Task A_part_is_copied_from_a_range_of_an_object()
    {
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "source", ContentBody = "0123456789" }, Token);
        var id = await BeginAsync(null, null);
        var copied = await _client.CopyPartAsync(new()
        {
            SourceBucket = AwsServer.Bucket, SourceKey = "source", DestinationBucket = AwsServer.Bucket, DestinationKey = "k",
            UploadId = id, PartNumber = 1, FirstByte = 2, LastByte = 4,
        }, Token);

        await CompleteAsync(id, [new(1, copied.ETag)], null);

        using var got = await _client.GetObjectAsync(AwsServer.Bucket, "k", Token);
        using var reader = new StreamReader(got.ResponseStream);
        Assert.Equal("234", await reader.ReadToEndAsync(Token));
    }

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAnyAsync<AmazonS3Exception>(call)).ErrorCode;

    private async Task<string> BeginAsync(ChecksumAlgorithm? algorithm, ChecksumType? type) =>
        (await _client.InitiateMultipartUploadAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "k", ChecksumAlgorithm = algorithm, ChecksumType = type,
        }, Token)).UploadId;

    private async Task<List<PartETag>> UploadAsync(string id, byte[] content, ChecksumAlgorithm algorithm)
    {
        var parts = new List<PartETag>();
        foreach (var (index, chunk) in content.Chunk(5 * MiB).Index())
        {
            parts.Add(await PartAsync(id, index + 1, chunk, algorithm));
        }

        return parts;
    }

    private async Task<PartETag> PartAsync(string id, int number, byte[] content, ChecksumAlgorithm? algorithm = null)
    {
        // An upload without an algorithm refuses parts that bring a checksum.
        using var plain = _server.Client(configure: config =>
            config.RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED);
        var uploaded = await (algorithm is null ? plain : _client).UploadPartAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "k", UploadId = id, PartNumber = number,
            InputStream = new MemoryStream(content), ChecksumAlgorithm = algorithm,
        }, Token);
        return new PartETag(uploaded, copyChecksums: true);
    }

    private Task<CompleteMultipartUploadResponse> CompleteAsync(string id, List<PartETag> parts, string? crc) =>
        _client.CompleteMultipartUploadAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "k", UploadId = id, PartETags = parts, ChecksumCRC32 = crc,
            ChecksumType = crc is null ? null : ChecksumType.FULL_OBJECT,
        }, Token);
}
