using System.Text;

namespace Runctl.Errors;

/// <summary>Texts that can be sent: no process, service or file system takes a NUL, and half a character would arrive as another.</summary>
internal static class Transmittable
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Refuses a text that would not arrive as it is. The text stays unsaid: it may be a secret.</summary>
    /// <param name="what">What the text is, for the error.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="RunctlException">It contains a NUL or half a character (ArgumentInvalid).</exception>
    public static void Require(string what, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal) || !IsUnicode(text))
        {
            throw RunctlErrors.ArgumentInvalid($"{what} cannot be passed on: it contains a NUL or half a character.", what);
        }
    }

    private static bool IsUnicode(string text)
    {
        try
        {
            Strict.GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
