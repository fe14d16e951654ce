using System.Globalization;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ec2.Protocol;

/// <summary>The parameters of a call: a tree flattened to names such as <c>Filter.1.Value.2</c>. A reader sees one branch of it.</summary>
internal sealed class Ec2Parameters
{
    private readonly IReadOnlyDictionary<string, string> _all;
    private readonly string _prefix;

    private Ec2Parameters(IReadOnlyDictionary<string, string> all, string prefix, SandboxPrincipal caller)
    {
        _all = all;
        _prefix = prefix;
        Caller = caller;
    }

    /// <summary>All parameters of a call; the first of two with one name counts.</summary>
    public static Ec2Parameters Create(IEnumerable<KeyValuePair<string, string>> pairs, SandboxPrincipal caller)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
        {
            all.TryAdd(name, value);
        }

        return new Ec2Parameters(all, "", caller);
    }

    /// <summary>The principal that makes the call.</summary>
    public SandboxPrincipal Caller { get; }

    /// <summary>Every parameter with its whole name.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => _all;

    /// <summary>A parameter, or null where it is missing or empty.</summary>
    public string? this[string name] =>
        _all.TryGetValue(_prefix + name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A parameter as it came, or null where it is missing; the few actions need this to which empty is not missing.</summary>
    public string? Raw(string name) => _all.GetValueOrDefault(_prefix + name);

    /// <summary>A parameter that must be there.</summary>
    public string Require(string name) => this[name] ?? throw Ec2Errors.Missing(_prefix + name);

    /// <summary>A whole number, or null.</summary>
    public int? Int(string name, int min = 0, int max = int.MaxValue) => this[name] is not { } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw Ec2Errors.Invalid(_prefix + name, text);

    /// <summary>A number such as a price, or null.</summary>
    public decimal? Decimal(string name) => this[name] is not { } text ? null
        : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? value
            : throw Ec2Errors.Invalid(_prefix + name, text);

    /// <summary>true or false, or null.</summary>
    public bool? Bool(string name) => this[name] switch
    {
        null => null,
        "true" or "True" or "1" => true,
        "false" or "False" or "0" => false,
        var text => throw Ec2Errors.Invalid(_prefix + name, text),
    };

    /// <summary>A time, or null.</summary>
    public DateTimeOffset? Time(string name) => this[name] is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value)
            ? value
            : throw Ec2Errors.Invalid(_prefix + name, text);

    /// <summary>One of some words, or null.</summary>
    public string? OneOf(string name, params string[] words) => this[name] is not { } text ? null
        : words.Contains(text, StringComparer.Ordinal) ? text : throw Ec2Errors.Invalid(_prefix + name, text);

    /// <summary>The values of a list, in order: <c>Name.1</c>, <c>Name.2</c> and so on.</summary>
    public IReadOnlyList<string> List(string name) =>
        [.. Indices(name).Select(index => this[$"{name}.{index}"]).OfType<string>()];

    /// <summary>A branch.</summary>
    public Ec2Parameters Branch(string name) => new(_all, $"{_prefix}{name}.", Caller);

    /// <summary>The branches of a list, in order.</summary>
    public IReadOnlyList<Ec2Parameters> Branches(string name) =>
        [.. Indices(name).Select(index => Branch(string.Create(CultureInfo.InvariantCulture, $"{name}.{index}")))];

    /// <summary>Whether anything is given in a branch.</summary>
    public bool Has(string name)
    {
        var start = $"{_prefix}{name}.";
        return _all.Keys.Any(key => key.StartsWith(start, StringComparison.Ordinal));
    }

    private IEnumerable<int> Indices(string name)
    {
        var start = $"{_prefix}{name}.";
        return _all.Keys.Where(key => key.StartsWith(start, StringComparison.Ordinal))
            .Select(key => key[start.Length..].Split('.', 2)[0])
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1)
            .Where(index => index >= 0).Distinct().Order();
    }
}
