using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Ports;

namespace Runctl.Adapters.Aws;

/// <summary>The control requests of a sandbox on loopback.</summary>
internal sealed class SandboxControl : ISandboxControl, IDisposable
{
    private readonly HttpClient _http;
    private readonly AWSCredentials _credentials;
    private readonly string _region;
    private readonly TimeProvider _time;

    private SandboxControl(HttpClient http, AWSCredentials credentials, string region, TimeProvider time)
    {
        _http = http;
        _credentials = credentials;
        _region = region;
        _time = time;
    }

    /// <summary>Asks the endpoint whether it is a sandbox; null where it answers anything else.</summary>
    public static async Task<SandboxControl?> FindAsync(Uri endpoint, AWSCredentials credentials, string region, TimeProvider time, CancellationToken cancellationToken)
    {
        // A proxy of the environment must not see what stays on this machine.
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = endpoint, Timeout = TimeSpan.FromSeconds(30) };
        try
        {
            using var answer = await http.GetAsync(new Uri("/_sandbox", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode
                && JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)).RootElement.TryGetProperty("sandbox", out var isSandbox)
                && isSandbox.ValueKind == JsonValueKind.True)
            {
                return new SandboxControl(http, credentials, region, time);
            }
        }
        catch (JsonException)
        {
            // Something else listens there, which is an answer too.
        }
        catch (HttpRequestException e)
        {
            http.Dispose();
            throw RefusedConnections.Caused(e) ? RunctlErrors.ConnectionRefused("Sandbox", "probe", endpoint.AbsoluteUri, e) : RunctlErrors.ConnectionFailed("Sandbox", "probe", endpoint.AbsoluteUri, e);
        }

        http.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public async Task<DateTimeOffset> InterruptAsync(string instanceId, TimeSpan window, CancellationToken cancellationToken)
    {
        // No action is given: it is the one that the instance was launched with.
        var body = Encoding.UTF8.GetBytes(RunctlJson.Write(new { Schema = 1, InstanceId = instanceId, WindowSeconds = window.TotalSeconds }));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_http.BaseAddress!, "/_sandbox/interrupt")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        RequestSigner.Sign(request, body, await _credentials.GetCredentialsAsync().ConfigureAwait(false), _region, "runctl-sandbox", _time.GetUtcNow());
        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode
                ? RunctlJson.Read<InterruptAnswer>(text).Time
                : throw RunctlErrors.SandboxRefused($"interrupt {instanceId}", text, instanceId);
        }
        catch (HttpRequestException e)
        {
            throw RunctlErrors.ConnectionFailed("Sandbox", "interrupt", _http.BaseAddress!.AbsoluteUri, e);
        }
        catch (JsonException e)
        {
            throw RunctlErrors.RecordDamaged("The sandbox's answer", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private sealed record InterruptAnswer(DateTimeOffset Time);
}
