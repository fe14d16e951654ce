using System.Text;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>The one form of a request that both sides hash.</summary>
internal static class CanonicalRequest
{
    /// <summary>Builds it; <paramref name="encodePathOnce"/> is S3's way, all others encode the encoded path again.</summary>
    public static string Build(
        HttpRequest request, IReadOnlyList<string> signedHeaders, string payloadHash, bool encodePathOnce)
    {
        var canonical = new StringBuilder();
        canonical.Append(request.Method).Append('\n');
        canonical.Append(Path(request.RawPath, encodePathOnce)).Append('\n');
        canonical.Append(Query(request.RawQuery)).Append('\n');
        foreach (var name in signedHeaders)
        {
            var values = request.Headers.Values(name).Select(Collapse);
            canonical.Append(name).Append(':').AppendJoin(',', values).Append('\n');
        }

        canonical.Append('\n').AppendJoin(';', signedHeaders).Append('\n').Append(payloadHash);
        return canonical.ToString();
    }

    private static string Path(string rawPath, bool once) =>
        once
            ? UrlCoding.Encode(UrlCoding.DecodeBytes(rawPath, plusIsSpace: false), keep: "/")
            : UrlCoding.Encode(Encoding.Latin1.GetBytes(rawPath), keep: "/");

    private static string Query(string rawQuery)
    {
        var pairs = rawQuery.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2))
            .Select(pair => (Name: Recode(pair[0]), Value: pair.Length == 2 ? Recode(pair[1]) : ""))
            .Where(pair => pair.Name != "X-Amz-Signature")
            .OrderBy(pair => pair.Name, StringComparer.Ordinal)
            .ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => pair.Name + "=" + pair.Value);
        return string.Join('&', pairs);
    }

    private static string Recode(string encoded) => UrlCoding.Encode(UrlCoding.DecodeBytes(encoded, plusIsSpace: true));

    private static string Collapse(string value) =>
        string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
