using System.Globalization;
using System.Text;

namespace Runctl.Code;

/// <summary>Names of files: how they are decoded, and what a file system forbids in them.</summary>
internal static class FileNames
{
    private const string WindowsForbids = "<>:\"|?*\\";
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    };

    /// <summary>The warning about a name that cannot be carried.</summary>
    public static string NotUnicode(string shown) => $"The name '{shown}' is not valid UTF-8; the file stays behind. Rename it.";

    /// <summary>Decodes a name.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="name">The name; where it is not UTF-8, a form to show, with <c>\xE9</c> for each byte that is not ASCII.</param>
    /// <returns>Whether it is UTF-8.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out string name)
    {
        try
        {
            name = Strict.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            var shown = new StringBuilder();
            foreach (var b in bytes)
            {
                _ = b is >= 0x20 and < 0x7F ? shown.Append((char)b) : shown.Append(CultureInfo.InvariantCulture, $"\\x{b:X2}");
            }

            name = shown.ToString();
            return false;
        }
    }

    /// <summary>Why Windows does not take a name, for people; null where it does.</summary>
    /// <param name="name">One name, without a directory.</param>
    public static string? RefusedByWindows(string name)
    {
        var forbidden = name.Where(c => c < ' ' || WindowsForbids.Contains(c, StringComparison.Ordinal)).Distinct().ToList();
        if (forbidden.Count > 0)
        {
            return $"Windows does not allow {string.Join(" ", forbidden.Select(c => c < ' ' ? string.Create(CultureInfo.InvariantCulture, $"the control character {(int)c}") : c.ToString()))} in a file name";
        }

        return name[^1] is '.' or ' ' ? "Windows does not allow a file name that ends in a point or a space"
            : Devices.Contains(name.Split('.')[0].TrimEnd()) ? $"Windows keeps the name {name.Split('.')[0]} for a device" : null;
    }
}
