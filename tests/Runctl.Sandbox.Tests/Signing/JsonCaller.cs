using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Runctl.Sandbox.Tests.Signing;

/// <summary>Calls a service that speaks JSON, signed by the specification: for what no client of AWS's is at hand.</summary>
internal sealed class JsonCaller(Uri endpoint, string accessKeyId, string secretAccessKey, string region = "us-east-1")
{
    /// <summary>Calls an operation.</summary>
    /// <param name="service">E.g. secretsmanager.</param>
    /// <param name="target">E.g. secretsmanager.CreateSecret.</param>
    /// <param name="input">The body.</param>
    public async Task<(int Status, JsonElement Body)> CallAsync(string service, string target, object input)
    {
        var token = TestContext.Current.CancellationToken;
        var body = JsonSerializer.SerializeToUtf8Bytes(input);
        var time = DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var canonical = $"POST\n/\n\nhost:{endpoint.Authority}\nx-amz-date:{time}\nx-amz-target:{target}\n\nhost;x-amz-date;x-amz-target\n{Hash(body)}";
        var key = Encoding.UTF8.GetBytes("AWS4" + secretAccessKey);
        foreach (var part in scope.Split('/'))
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        var signature = Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(canonical))}")));
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.1");
        request.Headers.Add("X-Amz-Date", time);
        request.Headers.Add("X-Amz-Target", target);
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={accessKeyId}/{scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature={signature}");
        using var answer = await client.SendAsync(request, token);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(token));
        return ((int)answer.StatusCode, document.RootElement.Clone());
    }

    private static string Hash(byte[] data) => Hex(SHA256.HashData(data));

#pragma warning disable CA1308 // Signatures are lower case.
    private static string Hex(byte[] data) => Convert.ToHexString(data).ToLowerInvariant();
#pragma warning restore CA1308
}
