using System.Text;

namespace Runctl.Logs;

/// <summary>
/// Makes lines of bytes that come in pieces; a piece may end in the middle of a line, of a character, or between a carriage return and its line feed.
/// A line ends with LF, CR LF, or a CR alone, as progress bars write it: each of their states is a line, and the empty one before the first is none.
/// </summary>
internal sealed class LineDecoder
{
    /// <summary>A line longer than this comes in pieces: what holds no line ends at all must not gather in memory.</summary>
    public const int LongestLine = 1 << 20;

    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();
    private readonly StringBuilder _line = new();
    private char[] _chars = [];
    private bool _endedByReturn;

    /// <summary>The lines that are whole with this piece.</summary>
    public IReadOnlyList<string> Append(ReadOnlyMemory<byte> data)
    {
        var most = Encoding.UTF8.GetMaxCharCount(data.Length);
        if (_chars.Length < most)
        {
            _chars = new char[most];
        }

        var lines = new List<string>();
        var text = _chars.AsSpan(0, _decoder.GetChars(data.Span, _chars, flush: false));
        while (text.Length > 0)
        {
            var end = text.IndexOfAny('\n', '\r');
            Gather(end < 0 ? text : text[..end], lines);
            if (end < 0)
            {
                break;
            }

            End(text[end], lines);
            text = text[(end + 1)..];
        }

        return lines;
    }

    /// <summary>What came after the last line, or null where there is nothing; what follows begins anew.</summary>
    public string? Rest()
    {
        var chars = new char[4];
        var count = _decoder.GetChars([], chars, flush: true);
        _line.Append(chars, 0, count);
        _endedByReturn = false;
        return _line.Length == 0 ? null : Take("");
    }

    private void Gather(ReadOnlySpan<char> text, List<string> lines)
    {
        while (_line.Length + text.Length > LongestLine)
        {
            var part = text[..(LongestLine - _line.Length)];
            lines.Add(Take(part));
            text = text[part.Length..];
        }

        if (text.Length > 0)
        {
            _endedByReturn = false;
            _line.Append(text);
        }
    }

    private void End(char end, List<string> lines)
    {
        if (_line.Length > 0)
        {
            lines.Add(Take(""));
            _endedByReturn = end == '\r';
        }
        else if (end == '\n')
        {
            if (!_endedByReturn)
            {
                lines.Add("");
            }

            _endedByReturn = false;
        }
    }

    private string Take(ReadOnlySpan<char> last)
    {
        var line = last.Length == 0 ? _line.ToString() : string.Concat(_line.ToString(), last);
        _line.Clear();
        return line;
    }
}
