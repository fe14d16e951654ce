using System.Text;

namespace Runctl.Sandbox.Ssm;

/// <summary>Reads a stream to its end and keeps as much of it as SSM does.</summary>
internal sealed class OutputBuffer(int limit)
{
    private const string Truncated = "--output truncated--";

    private readonly object _gate = new();
    private readonly StringBuilder _text = new();
    private bool _closed;

    /// <summary>What was kept, cut so that the mark of the cut fits as well.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
            {
                return Cut(_text.ToString(), limit);
            }
        }
    }

    /// <summary>Cuts a text at a number of characters.</summary>
    public static string Cut(string text, int limit) =>
        text.Length <= limit ? text : text[..(limit - Truncated.Length)] + Truncated;

    /// <summary>Reads on; what is beyond the limit is read away, so that the writer never blocks.</summary>
    public async Task ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        var buffer = new char[8192];
        while (await reader.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
        {
            lock (_gate)
            {
                if (!_closed && _text.Length <= limit)
                {
                    _text.Append(buffer, 0, count);
                }
            }
        }
    }

    /// <summary>Keeps nothing more: what was killed or has timed out reports only what came before.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }
    }
}
