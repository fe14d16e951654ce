using System.Globalization;
using Runctl.Sandbox.S3.Storage;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>The conditions of reads and of a copy's source (RFC 9110 13.2.2): an entity tag goes before a time.</summary>
internal static class ReadCondition
{
    /// <summary>Checks the four headers, whose names begin with <paramref name="prefix"/>.</summary>
    /// <exception cref="S3Exception">A condition does not hold.</exception>
    public static void Check(StoredObject value, Func<string, string?> option, string prefix = "")
    {
        // Headers have whole seconds.
        var modified = DateTimeOffset.FromUnixTimeSeconds(value.Modified.ToUnixTimeSeconds());
        if (option(prefix + "If-Match") is { } match)
        {
            if (!Lists(match, value.ETag))
            {
                throw S3Errors.PreconditionFailed("If-Match");
            }
        }
        else if (Time(option(prefix + "If-Unmodified-Since")) is { } until && modified > until)
        {
            throw S3Errors.PreconditionFailed("If-Unmodified-Since");
        }

        var unchanged = option(prefix + "If-None-Match") is { } none
            ? Lists(none, value.ETag)
            : Time(option(prefix + "If-Modified-Since")) is { } since && modified <= since;
        if (unchanged)
        {
            throw prefix.Length > 0
                ? S3Errors.PreconditionFailed("If-None-Match")
                : new S3Exception(new ServiceError(304, "NotModified", "Not Modified"));
        }
    }

    private static bool Lists(string header, string etag) =>
        header.Split(',', StringSplitOptions.TrimEntries).Any(item => item == "*" || item.Trim('"') == etag);

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
