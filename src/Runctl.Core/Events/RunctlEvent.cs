using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runctl.Events;

/// <summary>Something that happened to a guarded instance: the same record in the guard's file, in S3 and in the pipeline.</summary>
public sealed record RunctlEvent
{
    /// <summary>Version of the record's form.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Position in the run's sequence of events, from 1.</summary>
    [JsonPropertyName("seq")]
    public long Sequence { get; init; }

    /// <summary>When it happened, UTC, by the instance's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Kind of event, for example <c>InterruptionDetected</c>; see <see cref="EventKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The instance it happened on.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The run it belongs to, or null.</summary>
    public string? RunId { get; init; }

    /// <summary>The attempt of the run, from 1, or null.</summary>
    public int? Attempt { get; init; }

    /// <summary>Seconds since the interruption notice was seen, or null where there is none.</summary>
    [JsonPropertyName("since_notice")]
    public double? SecondsSinceNotice { get; init; }

    /// <summary>The text people read.</summary>
    public required string Message { get; init; }

    /// <summary>Details that depend on the kind.</summary>
    public JsonElement Data { get; init; }

    /// <summary>The message.</summary>
    public override string ToString() => Message;

    /// <summary>A time among the details, or null.</summary>
    internal DateTimeOffset? TimeOf(string name) =>
        TextOf(name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>A text among the details, or null.</summary>
    internal string? TextOf(string name) =>
        Data.ValueKind == JsonValueKind.Object && Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
