using System.Management.Automation;

namespace Runctl.Host;

/// <summary>Shows progress on standard error: one line that is written over on a terminal, an occasional line of its own elsewhere.</summary>
internal sealed class ConsoleProgress
{
    private const string EraseLine = "\r\u001b[K";
    private static readonly TimeSpan RedirectedInterval = TimeSpan.FromSeconds(10);

    private long? _lastLine;
    private string? _lastText;
    private bool _visible;

    /// <summary>Shows a record, or takes it away where it says that the work is done.</summary>
    public void Show(ProgressRecord record)
    {
        if (record.RecordType == ProgressRecordType.Completed)
        {
            End();
            return;
        }

        var text = record.PercentComplete >= 0
            ? $"{record.Activity}: {record.StatusDescription} ({record.PercentComplete} %)"
            : $"{record.Activity}: {record.StatusDescription}";
        if (Console.IsErrorRedirected)
        {
            ShowLine(text);
        }
        else
        {
            Console.Error.Write(EraseLine + Fit(text));
            _visible = true;
        }
    }

    /// <summary>Takes the line away so that something else can be written; the next record brings it back.</summary>
    public void Clear()
    {
        if (_visible)
        {
            Console.Error.Write(EraseLine);
            _visible = false;
        }
    }

    /// <summary>Takes the line away for good.</summary>
    public void End()
    {
        Clear();
        _lastLine = null;
        _lastText = null;
    }

    private static string Fit(string text)
    {
        var width = Math.Max(20, Console.WindowWidth) - 1;
        return text.Length <= width ? text : text[..(width - 3)] + "...";
    }

    private void ShowLine(string text)
    {
        if (text == _lastText || (_lastLine is { } since && TimeProvider.System.GetElapsedTime(since) < RedirectedInterval))
        {
            return;
        }

        Console.Error.WriteLine(text);
        _lastText = text;
        _lastLine = TimeProvider.System.GetTimestamp();
    }
}
