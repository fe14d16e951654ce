namespace Runctl.Sandbox.Http;

/// <summary>A request as it stood on the wire.</summary>
internal sealed class HttpRequest
{
    /// <summary>Stands for a request that could not be read.</summary>
    public static HttpRequest Malformed { get; } = new()
    {
        Method = "GET", RawPath = "/", RawQuery = "", Query = [], Headers = [], Body = LengthBody.Empty, KeepAlive = false,
    };

    /// <summary>The method, e.g. PUT.</summary>
    public required string Method { get; init; }

    /// <summary>The path, still percent-encoded: signatures are made over it.</summary>
    public required string RawPath { get; init; }

    /// <summary>The query as it came, without its question mark.</summary>
    public required string RawQuery { get; init; }

    /// <summary>The query's parameters, decoded, in order, duplicates included; a name without a value has "".</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Query { get; init; }

    /// <summary>The header fields.</summary>
    public required HttpHeaders Headers { get; init; }

    /// <summary>The body without its transfer coding; it throws EndOfStreamException where the client broke off.</summary>
    public required RequestBody Body { get; init; }

    /// <summary>Whether the client wants to go on with this connection.</summary>
    public required bool KeepAlive { get; init; }

    /// <summary>The first value of a query parameter, or null.</summary>
    public string? QueryValue(string name) =>
        Query.Where(pair => pair.Key == name).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>Whether a query parameter is there, with or without a value.</summary>
    public bool HasQuery(string name) => Query.Any(pair => pair.Key == name);
}
