using System.Globalization;
using System.Management.Automation;

namespace Runctl.PowerShell.Engine;

/// <summary>Lets a time be given as it is, or as how long ago it was: <c>10m</c>, <c>2h</c>, a number of seconds, a time span.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MomentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null => null,
            DateTimeOffset moment => moment,
            DateTime local => new DateTimeOffset(local),
            _ when DurationAttribute.Parse(value) is { } ago => Before(ago),
            // A time that does not say where it is meant is one of the user's own clock.
            string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var moment) => moment,
            _ => throw new ArgumentTransformationMetadataException($"'{value}' is neither a time nor a duration. Write 10m, 2h, 2026-01-31T12:00:00Z, or give a date."),
        };
    }

    private static DateTimeOffset Before(TimeSpan ago)
    {
        var now = TimeProvider.System.GetUtcNow();
        return ago < TimeSpan.Zero || ago > now - DateTimeOffset.UnixEpoch
            ? throw new ArgumentTransformationMetadataException($"'{ago}' is out of range: a duration in the past is expected.")
            : now - ago;
    }
}
