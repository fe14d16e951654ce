namespace Runctl.Logs;

/// <summary>Where lines end, as bytes.</summary>
internal static class LineEnds
{
    /// <summary>Where the text after the last so many line ends begins, or null where there are not as many; <paramref name="left"/> is then what is missing.</summary>
    /// <remarks>A carriage return at either limit of the data, or beside another end, is not counted: rather a line too many than one too few.</remarks>
    public static int? Begin(ReadOnlySpan<byte> data, ref int left)
    {
        for (var i = data.LastIndexOfAny((byte)'\n', (byte)'\r'); i >= 0; i = data[..i].LastIndexOfAny((byte)'\n', (byte)'\r'))
        {
            var isEnd = data[i] == '\n' || (i > 0 && i + 1 < data.Length && !IsBreak(data[i - 1]) && !IsBreak(data[i + 1]));
            if (isEnd && --left <= 0)
            {
                return i + 1;
            }
        }

        return null;
    }

    private static bool IsBreak(byte value) => value is (byte)'\n' or (byte)'\r';
}
