using System.Globalization;
using Runctl.Checkpoints;
using Runctl.Setup;

namespace Runctl.Reports;

/// <summary>Values as a report writes them: units with every number, UTC with every time, and "unknown" for what is not known.</summary>
internal static class ReportText
{
    public const string Unknown = "unknown";

    /// <summary>For example 2026-01-31 12:00:05; the heading of its column says UTC.</summary>
    public static string Time(DateTimeOffset? time) => time is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>The same for a text without a heading: 2026-01-31 12:00:05 UTC.</summary>
    public static string TimeUtc(DateTimeOffset? time) => time is null ? Unknown : Time(time) + " UTC";

    /// <summary>For example 2 d 3 h, 12 min 5 s or 0.4 s.</summary>
    public static string Duration(TimeSpan? span) => span is not { } known ? Unknown : known switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{known.TotalSeconds:0.#} s"),
        { TotalSeconds: < 59.5 } => string.Create(CultureInfo.InvariantCulture, $"{known.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } => Pair((long)Math.Round(known.TotalSeconds), 60, "min", "s"),
        { TotalHours: < 24 } => Pair((long)Math.Round(known.TotalMinutes), 60, "h", "min"),
        _ => Pair((long)Math.Round(known.TotalHours), 24, "d", "h"),
    };

    /// <summary>Seconds in the same form.</summary>
    public static string Seconds(double? seconds) => Duration(seconds is { } known ? TimeSpan.FromSeconds(known) : null);

    /// <summary>For example 12.34 USD; small amounts with more digits.</summary>
    public static string Money(decimal? amount) => amount is not { } known ? Unknown
        : known == 0 ? "0 USD"
        : Math.Abs(known) >= 0.1m ? string.Create(CultureInfo.InvariantCulture, $"{known:#,0.00} USD")
        : string.Create(CultureInfo.InvariantCulture, $"{known:0.00####} USD");

    /// <summary>For example 1.5 GiB.</summary>
    public static string Size(long? bytes) => bytes is { } known ? Amounts.Size(known) : Unknown;

    /// <summary>For example 1,234,567.</summary>
    public static string Count(long? number) => number is { } known ? known.ToString("#,0", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>The step of a checkpoint, for example 1,234 or &gt;=1,234.</summary>
    public static string Step(ReportCheckpoint checkpoint) => CheckpointStep.Text(checkpoint.Step, checkpoint.StepIsExact, "#,0") ?? Unknown;

    /// <summary>A measured number, in four digits.</summary>
    public static string Figure(double? number) => number is not { } known ? Unknown
        : known == 0 ? "0"
        : Math.Abs(known) is >= 1e-3 and < 1e6 ? known.ToString("#,0.####", CultureInfo.InvariantCulture)
        : known.ToString("0.###e+0", CultureInfo.InvariantCulture);

    /// <summary>A text, or "unknown".</summary>
    public static string Or(string? text) => string.IsNullOrEmpty(text) ? Unknown : text;

    /// <summary>A range of steps.</summary>
    public static string Steps(long? first, long? last) => (first, last) switch
    {
        (null, null) => Unknown,
        (null, { } end) => $"to {Count(end)}",
        ({ } begin, null) => $"from {Count(begin)}",
        var (begin, end) => $"{Count(begin)} to {Count(end)}",
    };

    /// <summary>Where a checkpoint is, in words.</summary>
    public static string Place(CheckpointPlace place) => place switch
    {
        CheckpointPlace.InS3 => "in S3",
        CheckpointPlace.Deleted => "deleted from S3",
        CheckpointPlace.OnDisk => "on the instance's disk only",
        _ => "uploaded; S3 could not be asked",
    };

    private static string Pair(long total, long per, string large, string small) => total % per is > 0 and var rest
        ? string.Create(CultureInfo.InvariantCulture, $"{total / per} {large} {rest} {small}") : string.Create(CultureInfo.InvariantCulture, $"{total / per} {large}");
}
