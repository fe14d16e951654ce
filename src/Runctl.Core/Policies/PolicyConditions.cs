namespace Runctl.Policies;

/// <summary>The conditions of a rule, in the form of a statement.</summary>
internal static class PolicyConditions
{
    /// <summary>Groups them by operator, names filled in.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>> Of(PolicyRule rule, bool anyInstance, Func<string, string> fill) =>
        rule.Tests.Concat(anyInstance ? [] : rule.OwnOnly).GroupBy(test => test.Operator, StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            group => (IReadOnlyDictionary<string, IReadOnlyList<string>>)group.ToDictionary(test => test.Key, test => (IReadOnlyList<string>)[.. test.Values.Select(fill)], StringComparer.Ordinal),
            StringComparer.Ordinal);
}
