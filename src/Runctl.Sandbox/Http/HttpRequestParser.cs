using System.Globalization;

namespace Runctl.Sandbox.Http;

/// <summary>Reads request heads strictly: what two readers could understand differently is refused.</summary>
internal static class HttpRequestParser
{
    private const int LineLimit = 16 * 1024;
    private const int HeaderLimit = 100;
    private const string TokenSymbols = "!#$%&'*+-.^_`|~";

    /// <summary>Reads the next request, or null where the client closed instead.</summary>
    /// <exception cref="HttpFormatException">The head is malformed.</exception>
    public static async Task<HttpRequest?> ReadAsync(BufferedInput input, Stream output, CancellationToken ct)
    {
        var line = await input.ReadLineAsync(LineLimit, ct).ConfigureAwait(false);
        if (line is "")
        {
            // RFC 9112 2.2: an empty line before a request is left over from the one before.
            line = await input.ReadLineAsync(LineLimit, ct).ConfigureAwait(false);
        }

        if (line is null)
        {
            return null;
        }

        var (method, target, version) = SplitRequestLine(line);
        var headers = await ReadHeadersAsync(input, ct).ConfigureAwait(false);
        if (version == "HTTP/1.1" && headers.Values("Host").Count() != 1)
        {
            throw new HttpFormatException(400, "HTTP/1.1 needs exactly one Host header.");
        }

        var (path, query) = SplitTarget(target);
        var options = headers["Connection"] ?? "";
        var expectsContinue = version == "HTTP/1.1"
            && "100-continue".Equals(headers["Expect"], StringComparison.OrdinalIgnoreCase);
        return new HttpRequest
        {
            Method = method,
            RawPath = path,
            RawQuery = query,
            Query = UrlCoding.ParseQuery(query),
            Headers = headers,
            Body = OpenBody(input, headers, expectsContinue ? output : null),
            KeepAlive = version == "HTTP/1.1"
                ? !options.Contains("close", StringComparison.OrdinalIgnoreCase)
                : options.Contains("keep-alive", StringComparison.OrdinalIgnoreCase),
        };
    }

    /// <summary>Reads fields up to the empty line; trailers have the same form.</summary>
    public static async Task<HttpHeaders> ReadHeadersAsync(BufferedInput input, CancellationToken ct)
    {
        var headers = new HttpHeaders();
        for (var count = 0; count <= HeaderLimit; count++)
        {
            var line = await input.ReadLineAsync(LineLimit, ct).ConfigureAwait(false)
                ?? throw new EndOfStreamException("The stream ended inside the header.");
            if (line.Length == 0)
            {
                return headers;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !IsToken(line.AsSpan(0, colon)) || line.AsSpan().ContainsAny('\r', '\0'))
            {
                throw new HttpFormatException(400, "A header field is malformed.");
            }

            headers.Add(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
        }

        throw new HttpFormatException(431, "The request has too many header fields.");
    }

    private static (string Method, string Target, string Version) SplitRequestLine(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 3 || !IsToken(parts[0]) || parts[1].Length == 0)
        {
            throw new HttpFormatException(400, "The request line is malformed.");
        }

        return parts[2] is "HTTP/1.1" or "HTTP/1.0"
            ? (parts[0], parts[1], parts[2])
            : throw new HttpFormatException(
                parts[2].StartsWith("HTTP/", StringComparison.Ordinal) ? 505 : 400, "Only HTTP/1.1 is spoken here.");
    }

    private static (string Path, string Query) SplitTarget(string target)
    {
        // A client that takes us for a proxy sends the whole URL.
        if (target.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            var slash = target.IndexOf('/', "http://".Length);
            target = slash < 0 ? "/" : target[slash..];
        }

        if (target[0] != '/')
        {
            throw new HttpFormatException(400, "The request target is not a path.");
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? (target, "") : (target[..question], target[(question + 1)..]);
    }

    private static RequestBody OpenBody(BufferedInput input, HttpHeaders headers, Stream? continueTo)
    {
        var lengths = headers.Values("Content-Length").Distinct(StringComparer.Ordinal).ToList();
        if (headers["Transfer-Encoding"] is { } coding)
        {
            return lengths.Count > 0
                ? throw new HttpFormatException(400, "Content-Length and Transfer-Encoding exclude each other.")
                : coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                    ? new ChunkedBody(input, continueTo)
                    : throw new HttpFormatException(501, "Of transfer codings only chunked is known.");
        }

        if (lengths.Count == 0)
        {
            return LengthBody.Empty;
        }

        return lengths.Count == 1
            && long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                ? new LengthBody(input, length, continueTo)
                : throw new HttpFormatException(400, "Content-Length is not a length.");
    }

    private static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !TokenSymbols.Contains(character, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return text.Length > 0;
    }
}
