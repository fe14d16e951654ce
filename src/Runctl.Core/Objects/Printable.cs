using System.Globalization;
using System.Text;

namespace Runctl.Objects;

/// <summary>
/// Text of others for a terminal. A training chooses names, command lines and parts of messages; a terminal would take control characters in them for commands
/// (to write elsewhere on the screen, to the title or the clipboard), and some format characters turn the direction of what follows.
/// </summary>
internal static class Printable
{
    /// <summary>The text with visible signs in the place of such characters. Line ends and tabs stay.</summary>
    public static string Of(string text)
    {
        if (Is(text))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            clean.Append(IsPlain(text, i) ? text[i] : SignOf(text[i]));
        }

        return clean.ToString();
    }

    /// <summary>What is shown in the place of a character that is not drawn: the picture of a control character, or the sign for "not a character".</summary>
    public static char SignOf(int value) => value switch
    {
        < ' ' => (char)(0x2400 + value),
        0x7f => '\u2421',
        _ => '\ufffd',
    };

    /// <summary>Whether the text has none of them.</summary>
    public static bool Is(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsPlain(text, i))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPlain(string text, int i) => text[i] switch
    {
        '\n' or '\t' => true,
        // Alone it goes back to the begin of the line, and what follows hides what is there.
        '\r' => i + 1 < text.Length && text[i + 1] == '\n',
        >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' => false,
        var other => char.GetUnicodeCategory(other) != UnicodeCategory.Control,
    };
}
