using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runctl.Objects;

namespace Runctl.Events;

/// <summary>Something that happened to a guarded instance: the same record in the guard's file, in S3 and in the pipeline.</summary>
public sealed class RunctlEvent
{
    [JsonConstructor]
    internal RunctlEvent()
    {
    }

    /// <summary>Version of the record's form.</summary>
    [JsonInclude]
    public int Schema { get; internal set; } = 1;

    /// <summary>Position in the run's sequence of events, from 1.</summary>
    [JsonPropertyName("seq")]
    [JsonInclude]
    public long Sequence { get; internal set; }

    /// <summary>When it happened, UTC, by the instance's clock.</summary>
    [JsonInclude, JsonRequired]
    public DateTime Time { get; internal set; }

    /// <summary>Kind of event, for example <c>InterruptionDetected</c>; see <see cref="EventKinds"/>.</summary>
    [JsonInclude, JsonRequired]
    public string Kind { get; internal set; } = "";

    /// <summary>The instance it happened on.</summary>
    [JsonInclude, JsonRequired]
    public string InstanceId { get; internal set; } = "";

    /// <summary>The run it belongs to, or null.</summary>
    [JsonInclude]
    public string? RunId { get; internal set; }

    /// <summary>The attempt of the run, from 1, or null.</summary>
    [JsonInclude]
    public int? Attempt { get; internal set; }

    /// <summary>Seconds since the interruption notice was seen, or null where there is none.</summary>
    [JsonPropertyName("since_notice")]
    [JsonInclude]
    public double? SecondsSinceNotice { get; internal set; }

    /// <summary>The text people read. Control characters in it are shown as signs.</summary>
    [JsonInclude, JsonRequired]
    public string Message { get; internal set => field = Printable.Of(value ?? ""); } = "";

    /// <summary>Details that depend on the kind, as names and plain values; <c>$event.Data.outcome</c> reads one.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, object?> Data => field ??= Readable.Table(Details);

    /// <summary>The details as they were written.</summary>
    [JsonInclude, JsonPropertyName("data")]
    internal JsonElement Details { get; set; }

    /// <summary>The message.</summary>
    public override string ToString() => Message;

    /// <summary>The first line of a message. The second one of a detection says the same again, and is for those who watch it.</summary>
    internal static string FirstLine(string message) => message.Split('\n')[0];

    /// <summary>A time among the details, or null.</summary>
    internal DateTimeOffset? TimeOf(string name) =>
        TextOf(name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>A text among the details, or null.</summary>
    internal string? TextOf(string name) =>
        Details.ValueKind == JsonValueKind.Object && Details.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A copy that is changed.</summary>
    internal RunctlEvent With(Action<RunctlEvent> change)
    {
        var copy = (RunctlEvent)MemberwiseClone();
        change(copy);
        return copy;
    }
}
