using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using Runctl.Objects;
using Runctl.Setup;

namespace Runctl.PowerShell.Views;

/// <summary>Values as the module's views show them: short, invariant, and <c>?</c> if unknown. It takes values of deserialized objects too.</summary>
public static partial class ViewText
{
    private const string Unknown = "?";

    /// <summary>Sizes of instances, longest first, and how a type that is too long for its column abbreviates them.</summary>
    private static readonly (string Long, string Short)[] InstanceSizes = [("metal", "met"), ("xlarge", "xl")];

    /// <summary>A minute, UTC: 2026-01-31 12:00.</summary>
    /// <param name="value">A time.</param>
    public static string Minute(object? value) => Written(value, "yyyy-MM-dd HH:mm");

    /// <summary>A second, UTC: 2026-01-31 12:00:05Z.</summary>
    /// <param name="value">A time.</param>
    public static string Second(object? value) => Written(value, "yyyy-MM-dd HH:mm:ss'Z'");

    /// <summary>A second of today, UTC: 12:00:05Z; with its date on another day.</summary>
    /// <param name="value">A time.</param>
    public static string Clock(object? value) => Moment(value)?.Date == DateTime.UtcNow.Date ? Written(value, "HH:mm:ss'Z'") : Second(value);

    /// <summary>A duration in at most five characters: 42s, 12m, 5h12m, 3d4h, 123d.</summary>
    /// <param name="value">A duration.</param>
    public static string Age(object? value) => Bare(value) switch
    {
        TimeSpan { TotalSeconds: < 60 } age => Invariant($"{age.Seconds}s"),
        TimeSpan { TotalMinutes: < 60 } age => Invariant($"{age.Minutes}m"),
        TimeSpan { TotalHours: < 10 } age => Invariant($"{age.Hours}h{age.Minutes:00}m"),
        TimeSpan { TotalHours: < 24 } age => Invariant($"{age.Hours}h"),
        TimeSpan { TotalDays: < 10 } age => Invariant($"{age.Days}d{age.Hours}h"),
        TimeSpan age => Invariant($"{age.Days}d"),
        _ => Unknown,
    };

    /// <summary>A duration in full seconds: 1d 02:30:00, 00:00:20.</summary>
    /// <param name="value">A duration.</param>
    public static string Duration(object? value) => Bare(value) is TimeSpan span
        ? (span.Days > 0 ? Invariant($"{span.Days}d ") : "") + span.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture)
        : Unknown;

    /// <summary>Hours of a processor, whole: 123:04:05.</summary>
    /// <param name="value">A duration.</param>
    public static string Hours(object? value) => Bare(value) is TimeSpan span ? Invariant($"{Math.Floor(span.TotalHours):0}") + span.ToString(@"\:mm\:ss", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>A price in at most five characters below 10,000: 0.004, 0.351, 98.32, 123.5.</summary>
    /// <param name="value">USD an hour.</param>
    public static string Price(object? value) => Number(value) is { } price ? Rounded(price, price < 10 ? 3 : 2) : Unknown;

    /// <summary>An amount in at most five characters below 100,000: 0.04, 98.32, 123.5, 12346.</summary>
    /// <param name="value">USD.</param>
    public static string Money(object? value) => Number(value) is { } amount ? Rounded(amount, 2) : Unknown;

    /// <summary>A number by a format of .NET.</summary>
    /// <param name="value">A number.</param>
    /// <param name="format">For example 0.00.</param>
    public static string Number(object? value, string format) => Number(value)?.ToString(format, CultureInfo.InvariantCulture) ?? Unknown;

    /// <summary>Bytes with their unit: 1.5 GiB.</summary>
    /// <param name="value">Bytes.</param>
    public static string Size(object? value) => Number(value) is { } bytes ? Amounts.Size(bytes) : Unknown;

    /// <summary>Bytes as whole mebibytes, without their unit.</summary>
    /// <param name="value">Bytes.</param>
    public static string Mebibytes(object? value) => Number(value) is { } bytes ? (bytes / (1 << 20)).ToString("0", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>The step of a checkpoint: 428, or &gt;=428 if it may be of a later one.</summary>
    /// <param name="step">The step that was noted.</param>
    /// <param name="isExact">Whether the checkpoint is of exactly that step; nothing if that is not known.</param>
    public static string Step(object? step, object? isExact) => (Bare(isExact) is false ? ">=" : "") + (step is null ? Unknown : Text(step));

    /// <summary>A checkpoint with its step: epoch_5.pt (step &gt;=428).</summary>
    /// <param name="checkpoint">A checkpoint, or what names one.</param>
    public static string Checkpoint(object? checkpoint)
    {
        var properties = checkpoint is null ? null : PSObject.AsPSObject(checkpoint).Properties;
        return properties?["Step"]?.Value is { } step ? $"{properties["Name"]?.Value} (step {Step(step, properties["StepIsExact"]?.Value)})" : Text(properties?["Name"]?.Value);
    }

    /// <summary>How an instance is bought: spot, or od (on demand).</summary>
    /// <param name="isSpot">Whether it is a spot instance.</param>
    public static string Market(object? isSpot) => Bare(isSpot) is true ? "spot" : "od";

    /// <summary>A type of instance in 13 characters: a longer one abbreviates its size.</summary>
    /// <param name="type">For example g4dn.12xlarge.</param>
    public static string InstanceType(object? type)
    {
        var text = Text(type);
        foreach (var (name, brief) in InstanceSizes)
        {
            text = text.Length > 13 ? text.Replace(name, brief, StringComparison.Ordinal) : text;
        }

        return text;
    }

    /// <summary>The state of an instance in eight characters.</summary>
    /// <param name="state">As EC2 has it.</param>
    public static string InstanceState(object? state) => Text(state) switch
    {
        "shutting-down" => "ending",
        "terminated" => "ended",
        var other => other,
    };

    /// <summary>The last six characters of a run id, by which people tell runs apart; <c>*{tail}</c> finds the run. An id of another form is shown whole.</summary>
    /// <param name="runId">A run id.</param>
    public static string RunTail(object? runId)
    {
        var id = Text(runId);
        var end = id.LastIndexOf('-');
        return end > 0 && id.Length - end == 7 && id[(end + 1)..].All(char.IsAsciiHexDigitLower) ? id[(end + 1)..] : id;
    }

    /// <summary>A text whose run ids are their last six characters: on a line of 80 columns the whole id leaves no room for what happens.</summary>
    /// <param name="text">A text that may name runs.</param>
    public static string WithTails(string text) => RunId().Replace(text, "$1");

    /// <summary>A text on one line.</summary>
    /// <param name="value">A text of one line or more.</param>
    public static string Line(object? value) => string.Join(' ', Text(value).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>What a text has after its first line, on one line.</summary>
    /// <param name="value">A text of one line or more.</param>
    public static string OtherLines(object? value)
    {
        var text = Text(value);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return Line(end < 0 ? text : text[end..]);
    }

    [GeneratedRegex("[^\\s-]\\S*-[0-9]{8}-[0-9]{6}-([0-9a-f]{6})\\b", RegexOptions.CultureInvariant)]
    private static partial Regex RunId();

    private static string Rounded(double value, int decimals) =>
        value.ToString(Math.Abs(value) switch { < 100 => "F" + decimals, < 1000 => "F1", _ => "F0" }, CultureInfo.InvariantCulture);

    private static string Text(object? value) => Printable.Of(Convert.ToString(Bare(value), CultureInfo.InvariantCulture) ?? "");

    private static string Written(object? value, string format) => Moment(value)?.ToString(format, CultureInfo.InvariantCulture) ?? Unknown;

    private static double? Number(object? value) => Bare(value) is IConvertible number and not string and not bool ? number.ToDouble(CultureInfo.InvariantCulture) : null;

    // A DateTimeOffset does not survive serialization, but its properties do.
    private static DateTime? Moment(object? value) => Bare(value) switch
    {
        DateTimeOffset moment => moment.UtcDateTime,
        DateTime moment => moment.ToUniversalTime(),
        _ when value is PSObject bag && bag.Properties["UtcDateTime"]?.Value is { } utc && Bare(utc) is DateTime moment => moment.ToUniversalTime(),
        _ => null,
    };

    private static object? Bare(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
