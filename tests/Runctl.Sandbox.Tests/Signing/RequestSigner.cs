using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Tests.Signing;

/// <summary>Signs requests for S3 from the specification, not from what is under test.</summary>
internal sealed class RequestSigner(SandboxCredential credential, string host)
{
    private readonly string _time = DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private string Scope => $"{_time[..8]}/us-east-1/s3/aws4_request";

    /// <summary>The head of a request; its path and query must be in canonical form.</summary>
    public string Head(string method, string path, string query, string payload, params (string Name, string Value)[] more)
    {
        var headers = more.Concat([("host", host), ("x-amz-content-sha256", payload), ("x-amz-date", _time)])
            .OrderBy(header => header.Item1, StringComparer.Ordinal).ToList();
        var names = string.Join(';', headers.Select(header => header.Item1));
        var lines = string.Concat(headers.Select(header => $"{header.Item1}:{header.Item2}\n"));
        Signature = Sign($"AWS4-HMAC-SHA256\n{_time}\n{Scope}\n{Hash($"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}")}");
        var target = query.Length == 0 ? path : path + "?" + query;
        return $"{method} {target} HTTP/1.1\r\n" + string.Concat(headers.Select(header => $"{header.Item1}: {header.Item2}\r\n"))
            + $"Authorization: AWS4-HMAC-SHA256 Credential={credential.AccessKeyId}/{Scope}, SignedHeaders={names}, Signature={Signature}\r\n\r\n";
    }

    /// <summary>The last signature made: that of the head, then of each chunk.</summary>
    public string Signature { get; private set; } = "";

    /// <summary>One signed chunk.</summary>
    public string Chunk(string data)
    {
        Signature = Sign($"AWS4-HMAC-SHA256-PAYLOAD\n{_time}\n{Scope}\n{Signature}\n{Hash("")}\n{Hash(data)}");
        return $"{data.Length:x};chunk-signature={Signature}\r\n{data}\r\n";
    }

    public static string Hash(string text) => Hex(SHA256.HashData(Encoding.Latin1.GetBytes(text)));

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

    private string Sign(string text)
    {
        var key = Encoding.ASCII.GetBytes("AWS4" + credential.SecretKey);
        key = Scope.Split('/').Aggregate(key, (current, part) => HMACSHA256.HashData(current, Encoding.ASCII.GetBytes(part)));
        return Hex(HMACSHA256.HashData(key, Encoding.Latin1.GetBytes(text)));
    }
}
