using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Imds;

/// <summary>What drills ask of the sandbox itself.</summary>
public sealed class ControlTests : IAsyncLifetime
{
    private const string Interrupt = "/_sandbox/interrupt";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };
    private RunningSandbox _sandbox = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await RunningSandbox.StartAsync();
        _http.BaseAddress = _sandbox.Sandbox.Endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task It_says_what_it_is_to_anybody()
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync("/_sandbox", Ct));
        Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
        Assert.True(document.RootElement.GetProperty("sandbox").GetBoolean());
    }

    [Fact]
    public async Task A_signed_request_gives_notice_and_answers_with_its_time()
    {
        var id = await _sandbox.LaunchAsync();
        var (status, text) = await PostAsync($$"""{"instance_id":"{{id}}","window_seconds":60,"action":"terminate"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        using var document = JsonDocument.Parse(text);
        var time = document.RootElement.GetProperty("time").GetDateTimeOffset();
        Assert.InRange(time - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(61));
    }

    [Fact]
    public async Task A_request_that_nobody_signed_is_refused_and_changes_nothing()
    {
        var id = await _sandbox.LaunchAsync();
        var body = $$"""{"instance_id":"{{id}}","window_seconds":0}""";
        var (status, text) = await PostAsync(body, signed: false);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        using var document = JsonDocument.Parse(text);
        Assert.NotEmpty(document.RootElement.GetProperty("error").GetProperty("id").GetString()!);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(body, secret: "another")).Status);
        Assert.Equal("running", _sandbox.Sandbox.Instances.Single().State);
    }

    [Theory]
    [InlineData("""{"instance_id":"i-0123456789abcdef0","window_seconds":60}""")]
    [InlineData("""{"window_seconds":60}""")]
    [InlineData("""{"instance_id":"i-0123456789abcdef0","window_seconds":"long"}""")]
    [InlineData("[]")]
    [InlineData("no json")]
    public async Task What_cannot_be_done_is_the_callers_error(string body)
    {
        var (status, text) = await PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        using var document = JsonDocument.Parse(text);
        Assert.NotEmpty(document.RootElement.GetProperty("error").GetProperty("message").GetString()!);
    }

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string body, bool signed = true, string? secret = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Interrupt) { Content = new StringContent(body) };
        if (signed)
        {
            Sign(request, body, secret ?? _sandbox.Sandbox.SecretAccessKey);
        }

        using var answer = await _http.SendAsync(request, Ct);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }

    private void Sign(HttpRequestMessage request, string body, string secret)
    {
        var time = DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{_sandbox.Sandbox.Region}/runctl-sandbox/aws4_request";
        var canonical = $"POST\n{Interrupt}\n\nhost:{_http.BaseAddress!.Authority}\nx-amz-date:{time}\n\nhost;x-amz-date\n{Hash(body)}";
        var key = scope.Split('/').Aggregate(Encoding.ASCII.GetBytes("AWS4" + secret),
            (current, part) => HMACSHA256.HashData(current, Encoding.ASCII.GetBytes(part)));
        var signature = Hex(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hash(canonical)}")));
        request.Headers.Add("x-amz-date", time);
        request.Headers.TryAddWithoutValidation("Authorization",
            $"AWS4-HMAC-SHA256 Credential={_sandbox.Sandbox.AccessKeyId}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}");
    }

    private static string Hash(string text) => Hex(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
}
