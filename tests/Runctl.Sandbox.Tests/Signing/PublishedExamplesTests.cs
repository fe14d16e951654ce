using System.Text;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Tests.Signing;

/// <summary>The examples of the AWS documentation, with its keys, and what must be refused about them.</summary>
public sealed class PublishedExamplesTests
{
    private const string S3Scope = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string Date = "x-amz-date: 20130524T000000Z\r\n";
    private const string Host = "Host: examplebucket.s3.amazonaws.com\r\n";

    private const string Range = "GET /test.txt HTTP/1.1\r\n" + Host + "Range: bytes=0-9\r\n" + Date
        + "x-amz-content-sha256: " + Empty + "\r\nAuthorization: " + S3Scope
        + ",SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n\r\n";

    private const string Put = "PUT /test%24file.text HTTP/1.1\r\n" + Host + "Date: Fri, 24 May 2013 00:00:00 GMT\r\n" + Date
        + "x-amz-storage-class: REDUCED_REDUNDANCY\r\nContent-Length: 21\r\n"
        + "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\r\nAuthorization: " + S3Scope
        + ",SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd\r\n\r\nWelcome to Amazon S3.";

    private const string List = "GET /?max-keys=2&prefix=J HTTP/1.1\r\n" + Host + Date
        + "x-amz-content-sha256: " + Empty + "\r\nAuthorization: " + S3Scope
        + ",SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7\r\n\r\n";

    private const string Lifecycle = "GET /?lifecycle HTTP/1.1\r\n" + Host + Date
        + "x-amz-content-sha256: " + Empty + "\r\nAuthorization: " + S3Scope
        + ",SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543\r\n\r\n";

    private const string Presigned = "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\r\n" + Host + "\r\n";

    private const string Iam = "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\r\nHost: iam.amazonaws.com\r\n"
        + "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nX-Amz-Date: 20150830T123600Z\r\n"
        + "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\r\n\r\n";

    private readonly FixedClock _clock = new(new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(Range, "")]
    [InlineData(Put, "Welcome to Amazon S3.")]
    [InlineData(List, "")]
    [InlineData(Lifecycle, "")]
    [InlineData(Presigned, "")]
    public async Task The_examples_of_S3_are_accepted(string request, string body) =>
        Assert.Equal(body, Encoding.Latin1.GetString(await VerifyAsync(request)));

    [Fact]
    public async Task The_example_of_IAM_is_accepted()
    {
        _clock.Now = new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);
        Assert.Empty(await VerifyAsync(Iam));
    }

    [Fact]
    public async Task The_example_in_signed_chunks_is_accepted() =>
        Assert.Equal(66560, (await VerifyAsync(ChunkedExample.WithoutTrailer)).Length);

    [Fact]
    public async Task The_example_with_a_signed_trailer_is_accepted() =>
        Assert.Equal(66560, (await VerifyAsync(ChunkedExample.WithTrailer)).Length);

    [Theory]
    [InlineData("GET /test.txt", "GET /test.tyt", SignatureFailure.Mismatch)]
    [InlineData("bytes=0-9", "bytes=0-8", SignatureFailure.Mismatch)]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7UNKNOWN", SignatureFailure.UnknownKey)]
    [InlineData(",Signature=", ",Signatur=", SignatureFailure.Incomplete)]
    [InlineData("aws4_request", "aws5_request", SignatureFailure.Incomplete)]
    [InlineData("x-amz-date: 2013", "x-amz-meta-a: b\r\nx-amz-date: 2013", SignatureFailure.HeadersNotSigned)]
    [InlineData("Authorization: ", "X: ", SignatureFailure.Missing)]
    public Task An_altered_request_is_refused(string from, string to, object failure) =>
        RefusedAsync(Range.Replace(from, to, StringComparison.Ordinal), (SignatureFailure)failure);

    [Fact]
    public Task An_altered_body_is_refused() =>
        RefusedAsync(Put.Replace("Welcome", "Welcame", StringComparison.Ordinal), SignatureFailure.PayloadMismatch);

    [Fact]
    public async Task An_altered_chunk_trailer_or_trailer_signature_is_refused()
    {
        var text = ChunkedExample.WithTrailer;
        await RefusedAsync(text.Replace("aaa\r\n400;", "aab\r\n400;", StringComparison.Ordinal), SignatureFailure.Mismatch);
        await RefusedAsync(text.Replace("sOO8/Q==", "sOO8/A==", StringComparison.Ordinal), SignatureFailure.Mismatch);
        await RefusedAsync(text.Replace("d81f82fc", "d81f82fd", StringComparison.Ordinal), SignatureFailure.Mismatch);
        await RefusedAsync(text.Replace("crc32c:sOO", "sha1:sOO", StringComparison.Ordinal), SignatureFailure.MalformedTrailer);
    }

    [Fact]
    public async Task Chunks_out_of_order_or_cut_off_are_refused()
    {
        await Assert.ThrowsAsync<EndOfStreamException>(() => VerifyAsync(ChunkedExample.CutOff));
        await RefusedAsync(ChunkedExample.Reordered, SignatureFailure.Mismatch);
    }

    [Fact]
    public async Task A_clock_may_differ_by_fifteen_minutes_and_a_presigned_URL_lasts_as_long_as_it_says()
    {
        _clock.Now += TimeSpan.FromMinutes(14);
        await VerifyAsync(Range);
        _clock.Now += TimeSpan.FromMinutes(2);
        await RefusedAsync(Range, SignatureFailure.TimeSkewed);
        await VerifyAsync(Presigned);
        _clock.Now += TimeSpan.FromDays(1);
        await RefusedAsync(Presigned, SignatureFailure.PresignedExpired);
    }

    private async Task<byte[]> VerifyAsync(string text)
    {
        var input = new BufferedInput(new MemoryStream(Encoding.Latin1.GetBytes(text)));
        var token = TestContext.Current.CancellationToken;
        var request = await HttpRequestParser.ReadAsync(input, Stream.Null, token);
        var signed = await new SignatureVerifier(Find, _clock).VerifyAsync(request!, token);
        using var body = new MemoryStream();
        await signed.Body.CopyToAsync(body, token);
        return body.ToArray();
    }

    private async Task RefusedAsync(string text, SignatureFailure failure) =>
        Assert.Equal(failure, (await Assert.ThrowsAsync<SignatureException>(() => VerifyAsync(text))).Failure);

    private static SandboxCredential? Find(string id) => id is "AKIAIOSFODNN7EXAMPLE" or "AKIDEXAMPLE"
        ? new(id, id == "AKIDEXAMPLE" ? "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" : "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            null, new SandboxPrincipal("1", "arn", "id"))
        : null;
}
