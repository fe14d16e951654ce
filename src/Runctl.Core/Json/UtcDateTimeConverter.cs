using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runctl.Json;

/// <summary>Times of public types, in the same form as <see cref="UtcTimeConverter"/>.</summary>
internal sealed class UtcDateTimeConverter : JsonConverter<DateTime>
{
    private static readonly UtcTimeConverter Times = new();

    /// <inheritdoc/>
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Times.Read(ref reader, typeof(DateTimeOffset), options).UtcDateTime;

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) => Times.Write(writer, value, options);
}
