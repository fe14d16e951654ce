using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using static Runctl.Sandbox.Tests.Faults.FaultySandbox;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>Faults of S3 as its client sees them.</summary>
public sealed class S3FaultTests : IAsyncLifetime
{
    private FaultySandbox _sandbox = null!;
    private AmazonS3Client _s3 = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await FaultySandbox.StartAsync();
        _s3 = _sandbox.S3();
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Theory]
    [InlineData(SandboxFaultKind.Throttling, "SlowDown", 503)]
    [InlineData(SandboxFaultKind.ServerError, "InternalError", 500)]
    [InlineData(SandboxFaultKind.ClientError, "AccessDenied", 403)]
    public async Task An_error_has_the_services_code_and_nothing_was_carried_out(SandboxFaultKind kind, string code, int status)
    {
        var rule = _sandbox.Add("s3:PutObject", kind);
        var refusal = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("a"));
        rule.Remove();

        Assert.Equal((code, (HttpStatusCode)status, 1), (refusal.ErrorCode, refusal.StatusCode, rule.Hits));
        Assert.Equal([], await KeysAsync());
    }

    [Fact]
    public async Task A_code_brings_its_status()
    {
        _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.ClientError, Code = "PreconditionFailed" });
        var refusal = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("a"));
        Assert.Equal(("PreconditionFailed", HttpStatusCode.PreconditionFailed), (refusal.ErrorCode, refusal.StatusCode));
    }

    [Fact]
    public async Task A_client_that_tries_again_gets_through()
    {
        _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.Throttling, Count = 2 });
        await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("a"));
        await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("a"));
        await PutAsync("a");
        Assert.Equal(["a"], await KeysAsync());
    }

    [Fact]
    public async Task A_lost_connection_leaves_nothing_and_a_lost_answer_leaves_the_object()
    {
        var reset = _sandbox.Add("s3:PutObject", SandboxFaultKind.ConnectionReset);
        await Assert.ThrowsAnyAsync<Exception>(() => PutAsync("a"));
        reset.Remove();
        Assert.Equal([], await KeysAsync());

        var lost = _sandbox.Sandbox.Faults.Add(
            new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.ConnectionReset, CarriedOut = true });
        await Assert.ThrowsAnyAsync<Exception>(() => PutAsync("a"));
        lost.Remove();
        Assert.Equal(["a"], await KeysAsync());
    }

    [Fact]
    public async Task A_server_error_can_hide_that_the_request_was_carried_out()
    {
        var rule = _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.ServerError, CarriedOut = true });
        var refusal = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("a"));
        rule.Remove();
        Assert.Equal(("InternalError", "a"), (refusal.ErrorCode, Assert.Single(await KeysAsync())));
    }

    [Fact]
    public async Task A_download_breaks_half_way()
    {
        await PutAsync("a", new string('x', 300_000));
        _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:GetObject", Kind = SandboxFaultKind.ConnectionReset, CarriedOut = true });
        using var answer = await _s3.GetObjectAsync(_sandbox.Bucket, "a", Ct);
        Assert.Equal(300_000, answer.ContentLength);
        await Assert.ThrowsAnyAsync<IOException>(() => answer.ResponseStream.CopyToAsync(Stream.Null, Ct));
    }

    [Fact]
    public async Task A_wrong_download_differs_in_one_byte_and_is_as_long()
    {
        var content = new string('x', 1001);
        await PutAsync("a", content);
        _sandbox.Add("s3:GetObject", SandboxFaultKind.WrongAnswer);
        var request = new GetObjectRequest { BucketName = _sandbox.Bucket, Key = "a", ByteRange = new ByteRange("bytes=0-") };
        using var answer = await _s3.GetObjectAsync(request, Ct);
        using var reader = new StreamReader(answer.ResponseStream);
        var read = await reader.ReadToEndAsync(Ct);
        Assert.Equal(content.Length, read.Length);
        Assert.Equal(500, read.IndexOf('X', StringComparison.Ordinal));
        Assert.Equal(content.Length - 1, read.Count(letter => letter == 'x'));
    }

    [Fact]
    public async Task A_wrong_list_is_half_a_document_and_a_wrong_upload_has_another_etag()
    {
        await PutAsync("a");
        _sandbox.Add("s3:*", SandboxFaultKind.WrongAnswer);
        await Assert.ThrowsAnyAsync<Exception>(KeysAsync);
        Assert.Equal("\"00000000000000000000000000000000\"", (await PutAsync("b")).ETag);
    }

    [Fact]
    public async Task An_upload_that_fails_inside_a_200_has_not_happened()
    {
        var upload = await _s3.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = _sandbox.Bucket, Key = "a", ChecksumAlgorithm = ChecksumAlgorithm.CRC32 }, Ct);
        var part = await _s3.UploadPartAsync(new()
        {
            BucketName = _sandbox.Bucket, Key = "a", UploadId = upload.UploadId, PartNumber = 1, InputStream = new MemoryStream([1, 2, 3]),
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
        }, Ct);
        var complete = new CompleteMultipartUploadRequest
        {
            BucketName = _sandbox.Bucket, Key = "a", UploadId = upload.UploadId, PartETags = [new(1, part.ETag) { ChecksumCRC32 = part.ChecksumCRC32 }],
        };
        _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:CompleteMultipartUpload", Kind = SandboxFaultKind.ErrorInOk, Count = 1 });
        var refusal = await Assert.ThrowsAsync<AmazonS3Exception>(() => _s3.CompleteMultipartUploadAsync(complete, Ct));

        Assert.Equal(("InternalError", HttpStatusCode.OK), (refusal.ErrorCode, refusal.StatusCode));
        Assert.Equal([], await KeysAsync());
        await _s3.CompleteMultipartUploadAsync(complete, Ct);
        Assert.Equal(["a"], await KeysAsync());
    }

    [Fact]
    public async Task A_delayed_request_takes_its_time_and_succeeds()
    {
        _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromMilliseconds(300) });
        var before = TimeProvider.System.GetTimestamp();
        await PutAsync("a");
        Assert.True(TimeProvider.System.GetElapsedTime(before) >= TimeSpan.FromMilliseconds(290));
    }

    [Fact]
    public async Task Only_the_key_that_is_meant_is_struck()
    {
        _sandbox.Sandbox.Faults.Add(new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.ServerError, Key = "*.pt" });
        await PutAsync("a.json");
        await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("a.pt"));
    }

    private Task<PutObjectResponse> PutAsync(string key, string content = "x") =>
        _s3.PutObjectAsync(new() { BucketName = _sandbox.Bucket, Key = key, ContentBody = content }, Ct);

    private async Task<List<string>> KeysAsync() =>
        [.. ((await _s3.ListObjectsV2Async(new() { BucketName = _sandbox.Bucket }, Ct)).S3Objects ?? []).Select(found => found.Key)];
}
