using System.Globalization;

namespace Runctl.Sandbox.Ec2;

/// <summary>
/// The parameters of a query request as the tree that their dotted names describe: <c>Filter.1.Value.2</c>. Names compare
/// without case, because the models of different clients differ in it.
/// </summary>
internal sealed class QueryParameters
{
    private static readonly QueryParameters Nothing = new("");

    private readonly Dictionary<string, QueryParameters> _children = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _name;
    private string? _value;

    private QueryParameters(string name) => _name = name;

    /// <summary>Builds the tree.</summary>
    public static QueryParameters Parse(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var root = new QueryParameters("");
        foreach (var (name, value) in pairs)
        {
            var node = root;
            foreach (var part in name.Split('.'))
            {
                if (!node._children.TryGetValue(part, out var child))
                {
                    child = new QueryParameters(node._name.Length == 0 ? part : $"{node._name}.{part}");
                    node._children[part] = child;
                }

                node = child;
            }

            node._value = value;
        }

        return root;
    }

    /// <summary>Whether anything was given under this name.</summary>
    public bool Has(string name) => _children.ContainsKey(name);

    /// <summary>A value, or null.</summary>
    public string? Text(string name) => _children.GetValueOrDefault(name)?._value;

    /// <summary>A value that has to be there.</summary>
    public string Required(string name) =>
        Text(name) is { Length: > 0 } value ? value : throw Ec2Errors.Missing(FullName(name));

    /// <summary>A whole number, or null.</summary>
    public int? Number(string name) => Text(name) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        var text => throw Ec2Errors.Invalid(FullName(name), text),
    };

    /// <summary>A truth value, or null.</summary>
    public bool? Flag(string name) => Text(name) switch
    {
        null => null,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw Ec2Errors.Invalid(FullName(name), text),
    };

    /// <summary>A structure; an empty one where nothing was given.</summary>
    public QueryParameters Structure(string name) => _children.GetValueOrDefault(name) ?? Nothing;

    /// <summary>A list of values, in the order of their numbers.</summary>
    public IReadOnlyList<string> List(string name) => Structures(name).Select(item => item._value ?? "").ToList();

    /// <summary>A list of structures, in the order of their numbers.</summary>
    public IReadOnlyList<QueryParameters> Structures(string name) =>
        Structure(name)._children
            .Select(child => int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? (Index: index, Node: child.Value)
                : throw new Ec2Exception("InvalidParameterCombination", $"The parameter {child.Value._name} is not recognized"))
            .OrderBy(child => child.Index)
            .Select(child => child.Node)
            .ToList();

    /// <summary>Everything as one text, to compare two requests; tokens and signatures have no place in it.</summary>
    public string Fingerprint() => string.Join('&', _children
        .OrderBy(child => child.Key, StringComparer.OrdinalIgnoreCase)
        .Select(child => $"{child.Key}={child.Value._value}({child.Value.Fingerprint()})"));

    private string FullName(string name) => _name.Length == 0 ? name : $"{_name}.{name}";
}
