using System.Text;

namespace Runctl.Training;

/// <summary>Makes lines of bytes that come in pieces; a piece may end in the middle of a line, or of a character.</summary>
internal sealed class LineDecoder
{
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();
    private readonly StringBuilder _line = new();

    /// <summary>The lines that are whole with this piece.</summary>
    public IReadOnlyList<string> Append(ReadOnlyMemory<byte> data)
    {
        var lines = new List<string>();
        var chars = new char[_decoder.GetCharCount(data.Span, flush: false)];
        var count = _decoder.GetChars(data.Span, chars, flush: false);
        foreach (var c in chars.AsSpan(0, count))
        {
            if (c == '\n')
            {
                lines.Add(Take());
            }
            else
            {
                _line.Append(c);
            }
        }

        return lines;
    }

    /// <summary>What came after the last line, or null where there is nothing.</summary>
    public string? Rest() => _line.Length == 0 ? null : Take();

    private string Take()
    {
        var line = _line.ToString();
        _line.Clear();
        return line.EndsWith('\r') ? line[..^1] : line;
    }
}
