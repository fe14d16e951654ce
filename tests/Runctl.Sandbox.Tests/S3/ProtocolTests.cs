using Amazon.S3;
using Runctl.Sandbox.Tests.Http;
using Runctl.Sandbox.Tests.Signing;

namespace Runctl.Sandbox.Tests.S3;

public sealed class ProtocolTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly RequestSigner _signer;

    public ProtocolTests() => _signer = new RequestSigner(_server.Key, "s3.test");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_body_that_is_not_the_signed_one_makes_no_object()
    {
        var answer = await SendAsync(_signer.Head("PUT", "/runs/k", "", RequestSigner.Hash("good"), ("content-length", "4")) + "evil");

        Assert.Equal(400, answer.Status);
        Assert.Contains("<Code>XAmzContentSHA256Mismatch</Code>", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task A_signature_with_another_secret_is_refused_before_the_body_is_sent()
    {
        var other = new RequestSigner(_server.Key with { SecretKey = "wrong" }, "s3.test");
        var answer = await SendAsync(other.Head("PUT", "/runs/k", "", RequestSigner.Hash("x"), ("content-length", "1"))
            .Replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", StringComparison.Ordinal));

        Assert.Equal(403, answer.Status);
        Assert.Contains("<Code>SignatureDoesNotMatch</Code>", answer.Body, StringComparison.Ordinal);
        Assert.Contains("x-amz-request-id", answer.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_altered_chunk_makes_no_object()
    {
        var head = ChunkedHead(3);
        var answer = await SendAsync(head + _signer.Chunk("abc").Replace("abc", "abd", StringComparison.Ordinal) + _signer.Chunk(""));

        Assert.Contains("<Code>SignatureDoesNotMatch</Code>", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task Signed_chunks_without_a_trailer_make_an_object()
    {
        var data = new string('a', 10_000);
        var answer = await SendAsync(ChunkedHead(10_003, chunks: 2) + _signer.Chunk(data) + _signer.Chunk("abc") + _signer.Chunk(""));

        Assert.Equal(200, answer.Status);
        using var client = _server.Client();
        Assert.Equal(10_003, (await client.GetObjectMetadataAsync(AwsServer.Bucket, "k", Token)).ContentLength);
    }

    [Theory]
    [InlineData("right", 200, "")]
    [InlineData("AAAAAA==", 400, "BadDigest")]
    [InlineData("AAAA", 400, "InvalidRequest")]
    public async Task A_checksum_in_an_unsigned_trailer_is_verified(string checksum, int status, string code)
    {
        var body = $"6\r\nabcdef\r\n0\r\nx-amz-checksum-crc32:{Crc("abcdef", checksum)}\r\n\r\n";
        var answer = await SendAsync(_signer.Head("PUT", "/runs/k", "", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            ("content-length", $"{body.Length}"), ("x-amz-decoded-content-length", "6"), ("x-amz-trailer", "x-amz-checksum-crc32")) + body);

        Assert.Equal(status, answer.Status);
        Assert.Contains(code, answer.Body, StringComparison.Ordinal);
        Assert.Equal(status == 200 ? 1 : 0, _server.Files);
    }

    [Fact]
    public async Task A_declared_length_that_is_not_true_makes_no_object()
    {
        var body = "6\r\nabcdef\r\n0\r\n\r\n";
        var answer = await SendAsync(_signer.Head("PUT", "/runs/k", "", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            ("content-length", $"{body.Length}"), ("x-amz-decoded-content-length", "7")) + body);

        Assert.Contains("<Code>IncompleteBody</Code>", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, _server.Files);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_breaks_off_leaves_no_object(bool reset)
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync(_signer.Head("PUT", "/runs/k", "", "UNSIGNED-PAYLOAD", ("content-length", "1000000")) + new string('x', 300_000));
        while (_server.Files == 0)
        {
            await Task.Delay(5, Token);
        }

        if (reset)
        {
            client.Reset();
        }
        else
        {
            client.EndSending();
            Assert.Contains("<Code>IncompleteBody</Code>", (await client.ReadAsync()).Body, StringComparison.Ordinal);
        }

        while (_server.Files > 0)
        {
            await Task.Delay(5, Token);
        }

        using var sdk = _server.Client();
        Assert.Equal("NoSuchKey", (await Assert.ThrowsAnyAsync<AmazonS3Exception>(
            () => sdk.GetObjectAsync(AwsServer.Bucket, "k", Token))).ErrorCode);
    }

    [Theory]
    [InlineData("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest")]
    [InlineData("Content-MD5", "short", "InvalidDigest")]
    [InlineData("x-amz-checksum-sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "BadDigest")]
    [InlineData("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", "BadDigest")]
    [InlineData("x-amz-checksum-crc32c", "AAAAAA==", "BadDigest")]
    [InlineData("x-amz-checksum-sha1", "AAAA", "InvalidRequest")]
    public async Task A_wrong_checksum_header_is_refused(string name, string value, string code)
    {
        var answer = await SendAsync(_signer.Head("PUT", "/runs/k", "", "UNSIGNED-PAYLOAD",
            ("content-length", "1"), (name.ToLowerInvariant(), value)) + "x");

        Assert.Equal(400, answer.Status);
        Assert.Contains($"<Code>{code}</Code>", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task A_length_must_be_declared()
    {
        var none = await SendAsync(_signer.Head("PUT", "/runs/k", "", "UNSIGNED-PAYLOAD"));
        var chunked = await SendAsync(_signer.Head("PUT", "/runs/k", "", "UNSIGNED-PAYLOAD", ("transfer-encoding", "chunked")) + "1\r\nx\r\n0\r\n\r\n");

        Assert.Equal((411, 411), (none.Status, chunked.Status));
    }

    [Fact]
    public async Task An_other_owner_than_the_expected_one_is_refused()
    {
        var answer = await SendAsync(_signer.Head("GET", "/runs", "", RequestSigner.Hash(""), ("x-amz-expected-bucket-owner", "999999999999")));

        Assert.Equal(403, answer.Status);
    }

    [Fact]
    public async Task A_bucket_may_stand_in_the_host_name()
    {
        var signer = new RequestSigner(_server.Key, "runs.s3.us-east-1.amazonaws.com");
        var answer = await SendAsync(signer.Head("PUT", "/dir/k", "", "UNSIGNED-PAYLOAD", ("content-length", "1")) + "x");

        Assert.Equal(200, answer.Status);
        using var client = _server.Client();
        Assert.Equal(1, (await client.GetObjectMetadataAsync(AwsServer.Bucket, "dir/k", Token)).ContentLength);
    }

    [Fact]
    public async Task Parts_out_of_order_are_refused()
    {
        using var client = _server.Client();
        var upload = await client.InitiateMultipartUploadAsync(AwsServer.Bucket, "k", Token);
        const string list = "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>a</ETag></Part>"
            + "<Part><PartNumber>1</PartNumber><ETag>b</ETag></Part></CompleteMultipartUpload>";

        var answer = await SendAsync(_signer.Head("POST", "/runs/k", "uploadId=" + upload.UploadId, RequestSigner.Hash(list),
            ("content-length", $"{list.Length}")) + list);

        Assert.Contains("<Code>InvalidPartOrder</Code>", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_presigned_URL_works_for_anybody_until_it_is_altered_or_revoked()
    {
        using var client = _server.Client();
        await client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "a b", ContentBody = "x" }, Token);
        var url = client.GetPreSignedURL(new()
        {
            BucketName = AwsServer.Bucket, Key = "a b", Expires = DateTime.UtcNow.AddMinutes(5), Protocol = Protocol.HTTP,
        });
        using var http = new HttpClient();

        Assert.Equal("x", await http.GetStringAsync(new Uri(url), Token));
        Assert.Equal(403, (int)(await http.GetAsync(new Uri(url.Replace("a%20b", "c", StringComparison.Ordinal)), Token)).StatusCode);
        Assert.Equal(403, (int)(await http.GetAsync(new Uri(url.Split('?')[0]), Token)).StatusCode);
        _server.Credentials.Revoke(_server.Key.AccessKeyId);
        Assert.Equal(403, (int)(await http.GetAsync(new Uri(url), Token)).StatusCode);
    }

    [Fact]
    public async Task A_presigned_URL_of_the_old_signature_is_refused_by_name()
    {
        using var http = _server.Raw();
        var answer = await http.GetAsync("/runs/f?AWSAccessKeyId=a&Expires=1&Signature=b", Token);

        Assert.Contains("Please use AWS4-HMAC-SHA256", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static string Crc(string data, string given) => given == "right"
        ? Convert.ToBase64String(Sandbox.S3.Checksums.ChecksumAlgorithm.Crc32.Compute(System.Text.Encoding.ASCII.GetBytes(data)))
        : given;

    private string ChunkedHead(int decoded, int chunks = 1)
    {
        var sizes = (chunks == 1 ? [decoded] : new[] { 10_000, decoded - 10_000 }).Append(0);
        var length = sizes.Sum(size => $"{size:x}".Length + ";chunk-signature=".Length + 64 + 4 + size);
        return _signer.Head("PUT", "/runs/k", "", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            ("content-encoding", "aws-chunked"), ("content-length", $"{length}"), ("x-amz-decoded-content-length", $"{decoded}"));
    }

    private async Task<(int Status, string Head, string Body)> SendAsync(string request)
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync(request);
        var answer = await client.ReadAsync();
        return answer.Status == 100 ? await client.ReadAsync() : answer;
    }
}
