using System.Text.Json;

namespace Runctl.Objects;

/// <summary>Makes the lists and tables of the objects that users get.</summary>
internal static class Readable
{
    /// <summary>A list of items.</summary>
    public static IReadOnlyList<T> List<T>(IEnumerable<T>? items = null) => items as ReadableList<T> ?? new ReadableList<T>([.. items ?? []]);

    /// <summary>Names and values.</summary>
    public static IReadOnlyDictionary<string, T> Table<T>(IEnumerable<KeyValuePair<string, T>>? values = null) => values as ReadableTable<T> ?? new ReadableTable<T>(values ?? []);

    /// <summary>The members of a JSON object; a value that is no object has none.</summary>
    public static IReadOnlyDictionary<string, object?> Table(JsonElement element) => Table(element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, Plain(member.Value)))
        : []);

    private static object? Plain(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Table(element),
        JsonValueKind.Array => List(element.EnumerateArray().Select(Plain)),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
