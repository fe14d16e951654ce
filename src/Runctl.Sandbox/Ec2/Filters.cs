using System.Text.RegularExpressions;

namespace Runctl.Sandbox.Ec2;

/// <summary>The Filter parameter of the Describe actions: all filters have to match, of each any value, with wildcards.</summary>
internal static class Filters
{
    /// <summary>Keeps what matches.</summary>
    /// <param name="parameters">The request.</param>
    /// <param name="items">Everything there is.</param>
    /// <param name="values">What an item has under a filter's name; null where there is no such filter.</param>
    /// <param name="tags">The item's tags.</param>
    public static List<T> Apply<T>(
        QueryParameters parameters,
        IEnumerable<T> items,
        Func<T, string, IEnumerable<string?>?> values,
        Func<T, TagSet>? tags = null)
    {
        var filters = parameters.Structures("Filter")
            .Select(filter => (Name: filter.Required("Name"), Values: filter.List("Value")))
            .ToList();
        return items.Where(item => filters.TrueForAll(filter => Matches(item, filter.Name, filter.Values, values, tags))).ToList();
    }

    private static bool Matches<T>(
        T item,
        string name,
        IReadOnlyList<string> wanted,
        Func<T, string, IEnumerable<string?>?> values,
        Func<T, TagSet>? tags)
    {
        const string prefix = "tag:";
        var actual = (tags, name) switch
        {
            ({ }, "tag-key") => tags(item).Select(tag => tag.Key),
            ({ }, _) when name.StartsWith(prefix, StringComparison.Ordinal) =>
                [tags(item)[name[prefix.Length..]]],
            _ => values(item, name)
                ?? throw new Ec2Exception("InvalidParameterValue", $"The filter '{name}' is invalid"),
        };
        return actual.OfType<string>().Any(value => wanted.Any(pattern => Like(value, pattern)));
    }

    private static bool Like(string value, string pattern) =>
        pattern.AsSpan().IndexOfAny('*', '?') < 0
            ? value == pattern
            : Regex.IsMatch(
                value,
                $"^{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal)}$",
                RegexOptions.Singleline | RegexOptions.CultureInvariant);
}
