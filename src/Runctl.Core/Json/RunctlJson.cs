using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runctl.Objects;

namespace Runctl.Json;

/// <summary>The one form of JSON that Runctl stores and sends: snake_case, UTC times ending in Z, unknown values as null.</summary>
internal static class RunctlJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters = { new UtcTimeConverter(), new UtcDateTimeConverter() },
    };

    /// <summary>One line of JSON.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>One line of JSON in UTF-8.</summary>
    public static byte[] WriteUtf8<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <summary>As an element, to be nested.</summary>
    public static JsonElement ToElement<T>(T value) => JsonSerializer.SerializeToElement(value, Options);

    /// <summary>Reads a value.</summary>
    /// <exception cref="JsonException">It is not JSON, or not of this form.</exception>
    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null instead of an object");

    /// <summary>Reads a value from UTF-8.</summary>
    /// <exception cref="JsonException">It is not JSON, or not of this form.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json) => JsonSerializer.Deserialize<T>(json.Span, Options) ?? throw new JsonException("null instead of an object");

    /// <summary>The same of what a training can write, and is shown: no text in it has characters that a terminal takes for commands.</summary>
    /// <exception cref="JsonException">It is not JSON, not of this form, or has such a text.</exception>
    public static T ReadPlain<T>(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !Printable.Is(Text(ref reader)))
            {
                throw new JsonException("a text in it has control characters");
            }
        }

        return Read<T>(json);
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a text in it has half a character", e);
        }
    }

    /// <summary>Reads a value from an element.</summary>
    /// <exception cref="JsonException">It is not of this form.</exception>
    public static T Read<T>(JsonElement element) => element.Deserialize<T>(Options) ?? throw new JsonException("null instead of an object");

    /// <summary>Reads one value per line; empty lines are skipped.</summary>
    public static IEnumerable<T> ReadLines<T>(ReadOnlyMemory<byte> lines) =>
        Encoding.UTF8.GetString(lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Read<T>);
}
