namespace Runctl.Sandbox.Policies;

/// <summary>One condition of a statement: an operator, a key and the values that it may have.</summary>
internal sealed class PolicyCondition
{
    private const string ForAll = "ForAllValues:";
    private const string ForAny = "ForAnyValue:";
    private const string IfExists = "IfExists";

    private readonly string _key;
    private readonly string _quantifier;
    private readonly bool _passesIfMissing;
    private readonly bool _isNegated;
    private readonly bool _asksForNull;
    private readonly Func<string, bool> _matches;

    /// <exception cref="FormatException">The sandbox does not know the operator.</exception>
    public PolicyCondition(string @operator, string key, IReadOnlyList<string> values)
    {
        _key = key;
        var name = @operator;
        _quantifier = new[] { ForAll, ForAny }.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) ?? "";
        name = name[_quantifier.Length..];
        _passesIfMissing = name.EndsWith(IfExists, StringComparison.Ordinal);
        name = _passesIfMissing ? name[..^IfExists.Length] : name;
        _isNegated = name is "StringNotEquals" or "StringNotEqualsIgnoreCase" or "StringNotLike" or "ArnNotEquals" or "ArnNotLike";
        _asksForNull = name == "Null";
        _matches = name switch
        {
            "StringEquals" or "StringNotEquals" => value => values.Contains(value, StringComparer.Ordinal),
            "StringEqualsIgnoreCase" or "StringNotEqualsIgnoreCase" => value => values.Contains(value, StringComparer.OrdinalIgnoreCase),
            "Bool" or "Null" => value => values.Contains(value, StringComparer.OrdinalIgnoreCase),
            "StringLike" or "StringNotLike" or "ArnEquals" or "ArnNotEquals" or "ArnLike" or "ArnNotLike" => Like(values),
            _ => throw new FormatException($"The sandbox does not know the condition operator {@operator}."),
        };
    }

    /// <summary>Whether a request meets it.</summary>
    public bool Holds(AccessRequest request)
    {
        var given = request[_key];
        if (_asksForNull)
        {
            return _matches(given is null ? "true" : "false");
        }

        if (given is null)
        {
            return _passesIfMissing || _quantifier == ForAll || (_quantifier.Length == 0 && _isNegated);
        }

        bool One(string value) => _matches(value) != _isNegated;
        return _quantifier == ForAll ? given.All(One) : given.Any(One);
    }

    private static Func<string, bool> Like(IReadOnlyList<string> values)
    {
        var patterns = values.Select(value => new Glob(value)).ToList();
        return value => patterns.Exists(pattern => pattern.Matches(value));
    }
}
