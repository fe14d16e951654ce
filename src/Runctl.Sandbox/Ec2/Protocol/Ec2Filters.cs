namespace Runctl.Sandbox.Ec2.Protocol;

/// <summary>The filters of a Describe call: all of them must match, each by any of its values, in which * and ? are wild.</summary>
internal sealed class Ec2Filters
{
    private const int MaxValues = 200;
    private readonly IReadOnlyList<(string Name, IReadOnlyList<string> Values)> _filters;

    private Ec2Filters(IReadOnlyList<(string Name, IReadOnlyList<string> Values)> filters) => _filters = filters;

    /// <summary>Reads them.</summary>
    /// <exception cref="Ec2Exception">A filter without values, with too many, or of a name not in <paramref name="known"/>.</exception>
    /// <param name="parameters">The call.</param>
    /// <param name="known">The names this action knows; tag:KEY and tag-key are written <c>tag</c>.</param>
    public static Ec2Filters Read(Ec2Parameters parameters, params string[] known)
    {
        var filters = new List<(string, IReadOnlyList<string>)>();
        foreach (var branch in parameters.Branches("Filter"))
        {
            var name = branch.Require("Name");
            var isTag = name == "tag-key" || name.StartsWith("tag:", StringComparison.Ordinal);
            if (!known.Contains(isTag ? "tag" : name, StringComparer.Ordinal))
            {
                throw new Ec2Exception("InvalidParameterValue", $"The filter '{name}' is invalid");
            }

            var values = branch.List("Value");
            if (values.Count is 0 or > MaxValues)
            {
                throw values.Count == 0
                    ? new Ec2Exception("InvalidParameterValue", $"The filter '{name}' has no values")
                    : new Ec2Exception("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200");
            }

            filters.Add((name, values));
        }

        return new Ec2Filters(filters);
    }

    /// <summary>Whether something matches.</summary>
    /// <param name="tags">Its tags.</param>
    /// <param name="value">Its value for a filter's name; null matches nothing.</param>
    public bool Match(TagSet tags, Func<string, string?> value) => _filters.All(filter =>
    {
        IEnumerable<string?> actual = filter.Name == "tag-key" ? tags.Select(tag => (string?)tag.Key)
            : filter.Name.StartsWith("tag:", StringComparison.Ordinal) ? [tags[filter.Name[4..]]]
            : [value(filter.Name)];
        return actual.OfType<string>().Any(text => filter.Values.Any(pattern => Matches(pattern, text)));
    });

    /// <summary>Whether something without tags matches.</summary>
    public bool Match(Func<string, string?> value) => Match(TagSet.Empty, value);

    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> value)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '*')
            {
                for (var skip = i; skip <= value.Length; skip++)
                {
                    if (Matches(pattern[(i + 1)..], value[skip..]))
                    {
                        return true;
                    }
                }

                return false;
            }

            if (i >= value.Length || (pattern[i] != '?' && pattern[i] != value[i]))
            {
                return false;
            }
        }

        return pattern.Length == value.Length;
    }
}
