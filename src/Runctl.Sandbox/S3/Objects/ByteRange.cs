using System.Globalization;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>A part of an object's content.</summary>
internal readonly record struct ByteRange(long Offset, long Length)
{
    private const string Unit = "bytes=";

    /// <summary>Reads a Range header; null where it is to be ignored, which several ranges at once are by S3.</summary>
    /// <exception cref="S3Exception">The range lies outside of the content.</exception>
    public static ByteRange? Read(string? header, long size)
    {
        if (header is null || !header.StartsWith(Unit, StringComparison.Ordinal) || header.Contains(',', StringComparison.Ordinal))
        {
            return null;
        }

        var bounds = header[Unit.Length..].Split('-');
        if (bounds.Length != 2 || !TryRead(bounds[0], out var first) || !TryRead(bounds[1], out var last))
        {
            return null;
        }

        return (first, last) switch
        {
            (null, null) => null,
            (null, 0) => throw S3Errors.InvalidRange(header, size),
            (null, { } suffix) when size > 0 => new ByteRange(Math.Max(0, size - suffix), Math.Min(suffix, size)),
            ({ } from, { } to) when to < from => null,
            ({ } from, _) when from < size => new ByteRange(from, Math.Min(last ?? long.MaxValue, size - 1) - from + 1),
            _ => throw S3Errors.InvalidRange(header, size),
        };
    }

    /// <summary>The Content-Range header.</summary>
    public string ContentRange(long size) =>
        string.Create(CultureInfo.InvariantCulture, $"bytes {Offset}-{Offset + Length - 1}/{size}");

    private static bool TryRead(string text, out long? value)
    {
        value = null;
        if (text.Length == 0)
        {
            return true;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        value = number;
        return true;
    }
}
