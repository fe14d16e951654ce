using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runctl.Sandbox.Ssm;

/// <summary>Reads the JSON body of a request; what has another type than the model's is a SerializationException.</summary>
internal sealed class JsonRequest
{
    private readonly JsonObject _body;

    private JsonRequest(JsonObject body) => _body = body;

    /// <summary>Parses a body.</summary>
    public static async Task<JsonRequest> ReadAsync(Stream body, CancellationToken ct)
    {
        try
        {
            return await JsonNode.ParseAsync(body, cancellationToken: ct).ConfigureAwait(false) is JsonObject parsed
                ? new JsonRequest(parsed)
                : throw new SsmException("SerializationException", "The body is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new SsmException("SerializationException", e.Message);
        }
    }

    /// <summary>Whether a member is there and not null.</summary>
    public bool Has(string name) => _body[name] is not null;

    /// <summary>A text, or null.</summary>
    public string? Text(string name) => Value<string>(_body[name]);

    /// <summary>A text that has to be there.</summary>
    public string Required(string name) => Text(name) ?? throw SsmException.Validation(Camel(name), "Member must not be null");

    /// <summary>A whole number, or null.</summary>
    public int? Number(string name) => _body[name] is null ? null : Value<int>(_body[name]);

    /// <summary>A truth value; false where it is not there.</summary>
    public bool Flag(string name) => _body[name] is not null && Value<bool>(_body[name]);

    /// <summary>A list of texts; empty where it is not there.</summary>
    public IReadOnlyList<string> Texts(string name) => TextsOf(_body[name]);

    /// <summary>A map of lists of texts; empty where it is not there.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Map(string name) => _body[name] switch
    {
        null => new Dictionary<string, IReadOnlyList<string>>(),
        JsonObject map => map.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)TextsOf(pair.Value), StringComparer.Ordinal),
        _ => throw Unexpected(),
    };

    /// <summary>A list of pairs of a key and values, named as given.</summary>
    public IReadOnlyList<(string Key, IReadOnlyList<string> Values)> Filters(string name, string key, string values) => _body[name] switch
    {
        null => [],
        JsonArray list => list.Select(item => item is JsonObject filter
            ? (Value<string>(filter[key]) ?? "", (IReadOnlyList<string>)TextsOf(filter[values]))
            : throw Unexpected()).ToList(),
        _ => throw Unexpected(),
    };

    /// <summary>A page size within its bounds.</summary>
    public int PageSize(int lowest, int highest) =>
        Number("MaxResults") is not { } size ? highest
        : size < lowest || size > highest
            ? throw SsmException.Validation("maxResults", $"Member must have value between {lowest} and {highest}")
        : size;

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static List<string> TextsOf(JsonNode? node) => node switch
    {
        null => [],
        JsonArray list => list.Select(item => Value<string>(item) ?? throw Unexpected()).ToList(),
        _ => throw Unexpected(),
    };

    private static T? Value<T>(JsonNode? node) =>
        node is null ? default
        : node is JsonValue value && value.TryGetValue<T>(out var result) ? result
        : throw Unexpected();

    private static SsmException Unexpected() => new("SerializationException", "A member has another type than expected.");
}
