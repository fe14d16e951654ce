using System.Buffers;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Runctl.PowerShell.Completion;

/// <summary>Turns names into completions.</summary>
internal static class Completions
{
    private static readonly SearchValues<char> Special = SearchValues.Create(" \t'\"`$;,|&(){}[]*?");

    /// <summary>Those that begin with what was typed, in their order, each with its line as the tool tip; in quotes where PowerShell needs them.</summary>
    public static IEnumerable<CompletionResult> Of(IEnumerable<KeyValuePair<string, string>> candidates, string word)
    {
        var typed = word.Trim('\'', '"');
        return from candidate in candidates
               where candidate.Key.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
               select new CompletionResult(Quoted(candidate.Key, word), candidate.Key, CompletionResultType.ParameterValue, candidate.Value.Length > 0 ? candidate.Value : candidate.Key);
    }

    /// <summary>A quote that the user began stays.</summary>
    private static string Quoted(string name, string word) =>
        word.StartsWith('"') && !name.AsSpan().ContainsAny('"', '$', '`') ? $"\"{name}\""
        : word.StartsWith('\'') || NeedsQuotes(name) ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'"
        : name;

    private static bool NeedsQuotes(string name) => name.Length == 0 || name[0] is '-' or '@' or '#' or '<' or '>' || name.AsSpan().ContainsAny(Special);
}
