using System.Globalization;
using System.Text;
using Runctl.Objects;

namespace Runctl.Reports;

/// <summary>
/// Text of others, made safe to be looked at: control characters become visible signs, and what would turn the direction of the text that follows, or is no
/// character at all, becomes the sign for "not a character". Line ends and tabs become spaces.
/// </summary>
internal static class PlainText
{
    /// <summary>A longer text is cut: nothing in a table is read to its thousandth character.</summary>
    public const int Longest = 600;

    /// <summary>The text, without anything but characters that are drawn.</summary>
    public static string Of(string text)
    {
        var cut = text.Length > Longest;
        var clean = new StringBuilder(Math.Min(text.Length, Longest) + 1);
        foreach (var rune in (cut ? text[..Longest] : text).EnumerateRunes())
        {
            clean.Append(Visible(rune).ToString());
        }

        return cut ? clean.Append('…').ToString() : clean.ToString();
    }

    private static Rune Visible(Rune rune) => rune.Value switch
    {
        '\n' or '\r' or '\t' or 0x2028 or 0x2029 => new Rune(' '),
        _ when Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => new Rune(Printable.SignOf(rune.Value)),
        _ => rune,
    };
}
