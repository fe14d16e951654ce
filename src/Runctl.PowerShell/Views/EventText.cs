using System.Management.Automation;
using System.Management.Automation.Host;
using Runctl.Events;
using Runctl.PowerShell.Monitoring;

namespace Runctl.PowerShell.Views;

/// <summary>An event as its view shows it. It takes deserialized objects too.</summary>
public static class EventText
{
    private const string Indent = "  ";

    /// <summary>Time, run and message; of what a monitor writes during an interruption, the message alone. On a terminal it breaks between words.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="host">The host that shows it.</param>
    public static string Of(PSObject happened, PSHost? host)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var message = Read(happened, nameof(RunctlEvent.Message));
        var text = happened.TypeNames.Contains(EventOutput.WarnedType) ? ViewText.OtherLines(message)
            : happened.TypeNames.Contains(EventOutput.PromisedType) ? ViewText.Line(message)
            : $"{ViewText.Clock(Read(happened, nameof(RunctlEvent.Time)))} {ViewText.RunTail(Read(happened, nameof(RunctlEvent.RunId)) ?? Read(happened, nameof(RunctlEvent.InstanceId)))} "
                + ViewText.Line(Read(happened, nameof(RunctlEvent.Kind)) as string == EventKinds.InterruptionDetected ? RunctlEvent.FirstLine(message as string ?? "") : message);
        return ScreenWidth(host) is { } width ? Wrap(text, width - 1) : text;
    }

    /// <summary>Breaks a line between words, and indents what follows. A word that is longer than a line is broken.</summary>
    /// <param name="text">The line.</param>
    /// <param name="width">Columns there are.</param>
    public static string Wrap(string text, int width)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' '))
        {
            var rest = word;
            if (line.Trim().Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = Indent;
            }
            else if (line.Trim().Length > 0)
            {
                line += " ";
            }

            for (var room = width - line.Length; room > 0 && rest.Length > room; room = width - line.Length)
            {
                lines.Add(line + rest[..room]);
                rest = rest[room..];
                line = Indent;
            }

            line += rest;
        }

        lines.Add(line);
        return string.Join('\n', lines);
    }

    // PowerShell itself breaks inside words in most cultures. Where text goes to a file or another program, nothing is broken.
    private static int? ScreenWidth(PSHost? host)
    {
        try
        {
            return !Console.IsOutputRedirected && host?.UI is { SupportsVirtualTerminal: true, RawUI.BufferSize.Width: > 20 and var width } ? width : null;
        }
        catch (HostException)
        {
            return null;
        }
    }

    private static object? Read(PSObject item, string property) => item.Properties[property]?.Value is { } value && value is not "" ? value : null;
}
