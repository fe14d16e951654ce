using System.Globalization;
using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Imds;

/// <summary>The metadata service as programs on an instance meet it.</summary>
public sealed class MetadataTests : IAsyncLifetime
{
    private const string Id = "/latest/meta-data/instance-id";
    private const string Action = "/latest/meta-data/spot/instance-action";
    private const string Recommendation = "/latest/meta-data/events/recommendations/rebalance";

    private RunningSandbox _sandbox = null!;
    private string _id = "";
    private MetadataClient _metadata = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await RunningSandbox.StartAsync();
        _id = await _sandbox.LaunchAsync();
        var told = await _sandbox.RunAsync(_id, "echo $AWS_EC2_METADATA_SERVICE_ENDPOINT");
        _metadata = new MetadataClient(new Uri(told.StandardOutputContent.Trim()));
    }

    public async ValueTask DisposeAsync()
    {
        _metadata.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_told_without_a_good_token_even_where_the_launch_did_not_ask_for_one()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await _metadata.GetAsync(Id, null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _metadata.GetAsync(Id, "not-one-of-yours")).Status);
        Assert.Equal((HttpStatusCode.OK, _id), await _metadata.GetAsync(Id, await _metadata.TokenAsync()));
    }

    [Fact]
    public async Task A_token_is_refused_once_it_has_expired()
    {
        var token = await _metadata.TokenAsync(1);
        await Eventually.TrueAsync(async () => (await _metadata.GetAsync(Id, token)).Status == HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("21601")]
    [InlineData("soon")]
    public async Task A_token_has_to_have_a_lifetime_the_service_knows(string lifetime) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await _metadata.TokenAsync(lifetime)).Status);

    [Fact]
    public async Task The_token_is_for_put_with_a_lifetime_and_for_nobody_behind_a_proxy()
    {
        const string path = "/latest/api/token";
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _metadata.GetAsync(path, null)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _metadata.SendAsync(HttpMethod.Put, path)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await _metadata.SendAsync(HttpMethod.Put, path,
            ("X-aws-ec2-metadata-token-ttl-seconds", "60"), ("X-Forwarded-For", "10.0.0.1"))).Status);
    }

    [Fact]
    public async Task A_notice_stands_from_when_it_is_given_until_the_service_closes_with_the_instance()
    {
        var token = await _metadata.TokenAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await _metadata.GetAsync(Action, token)).Status);
        var time = await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromSeconds(6));
        var (status, text) = await _metadata.GetAsync(Action, token);
        Assert.Equal(HttpStatusCode.OK, status);
        using var notice = JsonDocument.Parse(text);
        Assert.Equal("terminate", notice.RootElement.GetProperty("action").GetString());
        Assert.Equal(Seconds(time), notice.RootElement.GetProperty("time").GetString());
        Assert.Equal((HttpStatusCode.OK, Seconds(time)), await _metadata.GetAsync("/latest/meta-data/spot/termination-time", token));
        await Eventually.TrueAsync(() => _sandbox.Sandbox.Instances.Single().State == "terminated");
        await Assert.ThrowsAsync<HttpRequestException>(() => _metadata.GetAsync(Id, token));
    }

    [Fact]
    public async Task A_notice_that_is_withdrawn_is_gone()
    {
        var token = await _metadata.TokenAsync();
        await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromMinutes(2));
        Assert.True(_sandbox.Sandbox.WithdrawNotice(_id));
        Assert.Equal(HttpStatusCode.NotFound, (await _metadata.GetAsync(Action, token)).Status);
    }

    [Fact]
    public async Task A_rebalance_is_recommended_with_its_time()
    {
        var token = await _metadata.TokenAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await _metadata.GetAsync(Recommendation, token)).Status);
        var time = _sandbox.Sandbox.RecommendRebalance(_id);
        using var document = JsonDocument.Parse((await _metadata.GetAsync(Recommendation, token)).Text);
        Assert.Equal(Seconds(time), document.RootElement.GetProperty("noticeTime").GetString());
    }

    [Fact]
    public async Task The_credentials_of_the_role_open_s3()
    {
        const string roles = "/latest/meta-data/iam/security-credentials/";
        var token = await _metadata.TokenAsync();
        var role = (await _metadata.GetAsync(roles, token)).Text;
        using var document = JsonDocument.Parse((await _metadata.GetAsync(roles + role, token)).Text);
        string Field(string name) => document.RootElement.GetProperty(name).GetString()!;
        Assert.Equal("Success", Field("Code"));
        var expires = DateTimeOffset.Parse(Field("Expiration"), CultureInfo.InvariantCulture);
        Assert.InRange(expires - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(15), TimeSpan.FromHours(6));

        using var good = Client(Field("Token"));
        await good.PutObjectAsync(new PutObjectRequest { BucketName = _sandbox.Sandbox.Bucket, Key = "from-the-role", ContentBody = "x" }, Ct);
        Assert.Equal(1, (await good.GetObjectMetadataAsync(_sandbox.Sandbox.Bucket, "from-the-role", Ct)).ContentLength);
        using var wrong = Client("another-token");
        await Assert.ThrowsAsync<AmazonS3Exception>(() => wrong.ListObjectsV2Async(new() { BucketName = _sandbox.Sandbox.Bucket }, Ct));

        AmazonS3Client Client(string session) => new(
            new SessionAWSCredentials(Field("AccessKeyId"), Field("SecretAccessKey"), session),
            new AmazonS3Config
            {
                ServiceURL = _sandbox.Sandbox.Endpoint.ToString(), AuthenticationRegion = _sandbox.Sandbox.Region,
                ForcePathStyle = true, MaxErrorRetry = 0,
            });
    }

    [Fact]
    public async Task Directories_list_what_is_in_them()
    {
        var token = await _metadata.TokenAsync();
        var names = (await _metadata.GetAsync("/latest/meta-data/", token)).Text.Split('\n');
        Assert.Contains("instance-id", names);
        Assert.Contains("iam/", names);
        Assert.DoesNotContain("spot/", names);
    }

    private static string Seconds(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
