using System.Globalization;
using System.Text.Json;
using Runctl.Events;

namespace Runctl.Drills;

/// <summary>Reads what events carry; everything may be absent, as guards of other versions write other things.</summary>
internal static class EventData
{
    /// <summary>A member of an object, or null.</summary>
    public static JsonElement? Member(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    /// <summary>The objects of a list.</summary>
    public static IEnumerable<JsonElement> Items(RunctlEvent? item, string name) =>
        item is not null && Member(item.Details, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object) : [];

    /// <summary>A text.</summary>
    public static string? Text(JsonElement data, string name) => Member(data, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A text.</summary>
    public static string? Text(RunctlEvent? item, string name) => item is null ? null : Text(item.Details, name);

    /// <summary>A whole number.</summary>
    public static long? Number(JsonElement data, string name) => Member(data, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>A whole number.</summary>
    public static long? Number(RunctlEvent? item, string name) => item is null ? null : Number(item.Details, name);

    /// <summary>A number of seconds.</summary>
    public static double? Seconds(JsonElement data, string name) => Member(data, name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    /// <summary>Whether something is so.</summary>
    public static bool? Flag(JsonElement data, string name) => Member(data, name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : null;

    /// <summary>A time.</summary>
    public static DateTimeOffset? Time(RunctlEvent? item, string name) =>
        Text(item, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
