using System.Net;

namespace Runctl.Sandbox.Tests.Imds;

/// <summary>Asks an instance's metadata service over plain HTTP, as a program on the instance would.</summary>
public sealed class MetadataClient(Uri endpoint) : IDisposable
{
    private const string TokenHeader = "X-aws-ec2-metadata-token";
    private const string LifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
    {
        BaseAddress = endpoint, Timeout = TimeSpan.FromSeconds(60),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    public async Task<string> TokenAsync(int seconds = 60)
    {
        var (status, text) = await SendAsync(HttpMethod.Put, "/latest/api/token", (LifetimeHeader, $"{seconds}"));
        Assert.Equal(HttpStatusCode.OK, status);
        return text;
    }

    public Task<(HttpStatusCode Status, string Text)> TokenAsync(string lifetime) =>
        SendAsync(HttpMethod.Put, "/latest/api/token", (LifetimeHeader, lifetime));

    public Task<(HttpStatusCode Status, string Text)> GetAsync(string path, string? token) =>
        token is null ? SendAsync(HttpMethod.Get, path) : SendAsync(HttpMethod.Get, path, (TokenHeader, token));

    public async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _http.SendAsync(request, Ct);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }
}
