using System.Management.Automation;

namespace Runctl.PowerShell.Composition;

/// <summary>Turns names into completions.</summary>
internal static class Completions
{
    /// <summary>Those that begin with what was typed, each with its line as the tool tip.</summary>
    public static IEnumerable<CompletionResult> Of(IEnumerable<KeyValuePair<string, string>> candidates, string word) =>
        from candidate in candidates
        where candidate.Key.StartsWith(word.Trim('\'', '"'), StringComparison.OrdinalIgnoreCase)
        orderby candidate.Key
        select new CompletionResult(candidate.Key, candidate.Key, CompletionResultType.ParameterValue, candidate.Value);
}
