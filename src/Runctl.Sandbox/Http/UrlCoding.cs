using System.Globalization;
using System.Text;

namespace Runctl.Sandbox.Http;

/// <summary>Percent-encoding as the AWS signature defines it: everything but letters, digits and <c>-._~</c>.</summary>
internal static class UrlCoding
{
    /// <summary>Encodes a text's UTF-8 bytes; <paramref name="keep"/> lists further ASCII characters to leave alone.</summary>
    public static string Encode(string text, string keep = "") => Encode(Encoding.UTF8.GetBytes(text), keep);

    /// <summary>Encodes bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes, string keep = "")
    {
        var encoded = new StringBuilder(bytes.Length + 16);
        foreach (var value in bytes)
        {
            var character = (char)value;
            if (char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_' or '~'
                || keep.Contains(character, StringComparison.Ordinal))
            {
                encoded.Append(character);
            }
            else
            {
                encoded.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }

    /// <summary>Decodes to bytes; a percent sign that begins no escape stays as it is.</summary>
    public static byte[] DecodeBytes(string text, bool plusIsSpace)
    {
        var decoded = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length
                && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                decoded.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                decoded.Add(plusIsSpace && text[i] == '+' ? (byte)' ' : (byte)text[i]);
            }
        }

        return [.. decoded];
    }

    /// <summary>Decodes to text.</summary>
    public static string Decode(string text, bool plusIsSpace) => Encoding.UTF8.GetString(DecodeBytes(text, plusIsSpace));

    /// <summary>Splits a query, or a form's body, into its decoded parameters.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ParseQuery(string query) =>
        query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2))
            .Select(pair => KeyValuePair.Create(
                Decode(pair[0], plusIsSpace: true), pair.Length == 2 ? Decode(pair[1], plusIsSpace: true) : ""))
            .ToList();
}
