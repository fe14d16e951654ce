using System.Globalization;
using System.Management.Automation;

namespace Runctl.PowerShell.Engine;

/// <summary>Lets a <see cref="TimeSpan"/> parameter take <c>30s</c>, <c>2m</c>, <c>500ms</c>, <c>1h</c>, a number of seconds or a time span, within limits; below zero only where the minimum is.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationAttribute(string minimum, string maximum) : ArgumentTransformationAttribute
{
    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <summary>Shortest that is accepted.</summary>
    public string Minimum { get; } = minimum;

    /// <summary>Longest that is accepted.</summary>
    public string Maximum { get; } = maximum;

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null)
        {
            return null;
        }

        var duration = Signed(value) ?? throw new ArgumentTransformationMetadataException(
            $"'{value}' is not a duration. Write 30s, 2m, 500ms, 1h, a number of seconds, or a time span like 00:02:00.");
        if (duration < Signed(Minimum) || duration > Signed(Maximum))
        {
            throw new ArgumentTransformationMetadataException($"'{value}' is out of range: a duration from {Minimum} to {Maximum} is expected.");
        }

        return duration;
    }

    private TimeSpan? Signed(object value) =>
        Minimum.StartsWith('-') && value is string text && text.TrimStart() is ['-', .. var size] ? -Parse(size) : Parse(value);

    /// <summary>A duration as people write it, or null where it is none.</summary>
    internal static TimeSpan? Parse(object value) => value switch
    {
        TimeSpan span => span,
        int or long or double or decimal or float or short or byte => FromSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        string text => Parse(text.Trim()),
        _ => null,
    };

    private static TimeSpan? Parse(string text)
    {
        foreach (var (suffix, seconds) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) && Number(text[..^suffix.Length].TrimEnd()) is { } count)
            {
                return FromSeconds(count * seconds);
            }
        }

        return Number(text) is { } plain ? FromSeconds(plain)
            : text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) ? span
            : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static TimeSpan? FromSeconds(double seconds) =>
        double.IsFinite(seconds) && Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
}
