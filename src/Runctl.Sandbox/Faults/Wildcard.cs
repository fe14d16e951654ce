using System.IO.Enumeration;

namespace Runctl.Sandbox.Faults;

/// <summary>Patterns with <c>*</c> for any text.</summary>
internal static class Wildcard
{
    /// <summary>Whether a text is as the pattern wants it.</summary>
    public static bool Matches(string pattern, string text, bool ignoreCase = true) =>
        FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase);
}
