using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;
using Runctl.Sandbox.Tests.Imds;
using static Runctl.Sandbox.Tests.Faults.FaultySandbox;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>An instance whose clock is wrong, which is to say: to which AWS's is.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private FaultySandbox _sandbox = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _sandbox = await FaultySandbox.StartAsync();
        _id = await _sandbox.LaunchAsync();
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task To_a_clock_that_is_ahead_the_notice_comes_too_early()
    {
        var metadata = await _sandbox.MetadataAsync(_id);
        Ahead(TimeSpan.FromMinutes(5));
        var taken = await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromMinutes(2));
        var shown = await metadata.GetAsync("/latest/meta-data/spot/termination-time", await metadata.TokenAsync());
        var time = DateTimeOffset.Parse(shown.Text, CultureInfo.InvariantCulture);
        Assert.Equal(taken.AddMinutes(-5).ToUnixTimeSeconds(), time.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task S3_refuses_what_is_signed_more_than_a_quarter_of_an_hour_off_and_tells_the_time()
    {
        using var role = await _sandbox.RoleS3Async(_id);
        Ahead(TimeSpan.FromMinutes(20));
        using var http = new HttpClient();
        using var signed = new HttpRequestMessage(HttpMethod.Get, await UrlAsync(role));
        using var refused = await http.SendAsync(signed, Ct);

        Assert.Contains("RequestTimeTooSkewed", await refused.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.InRange(DateTimeOffset.UtcNow - refused.Headers.Date!.Value, TimeSpan.FromMinutes(19), TimeSpan.FromMinutes(21));

        // Another's requests are not touched.
        using var user = _sandbox.S3();
        Assert.NotEmpty((await user.ListBucketsAsync(Ct)).Buckets);
    }

    [Fact]
    public async Task Up_to_a_quarter_of_an_hour_is_let_through()
    {
        using var role = await _sandbox.RoleS3Async(_id);
        Ahead(TimeSpan.FromMinutes(-10));
        Assert.NotEmpty((await role.ListBucketsAsync(Ct)).Buckets);
    }

    private void Ahead(TimeSpan offset) => _sandbox.Sandbox.SetConditions(_id, new() { ClockOffset = offset });

    /// <summary>A presigned address: a client that signs by itself would correct its clock and try again.</summary>
    private Task<string> UrlAsync(AmazonS3Client s3) => s3.GetPreSignedURLAsync(new GetPreSignedUrlRequest
    {
        BucketName = _sandbox.Bucket, Key = "a", Protocol = Protocol.HTTP, Expires = DateTime.UtcNow.AddHours(1),
    });
}
