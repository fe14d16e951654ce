using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Runctl.HelpWriter;

/// <summary>The compiler's documentation files.</summary>
internal sealed partial class DocumentationComments
{
    private readonly Dictionary<string, XElement> _members;
    private readonly string _screens;

    private DocumentationComments(Dictionary<string, XElement> members, string screens) => (_members, _screens) = (members, screens);

    /// <summary>Reads files.</summary>
    /// <param name="paths">The documentation files.</param>
    /// <param name="screens">Directory of the screens that examples name.</param>
    public static DocumentationComments Read(IEnumerable<string> paths, string screens) =>
        // Each assembly has its own copy of what the compiler generates.
        new(paths.SelectMany(path => XDocument.Load(path).Descendants("member")).GroupBy(member => (string)member.Attribute("name")!, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal), screens);

    /// <summary>A type's summary, or null.</summary>
    public string? Summary(Type type) => Summary(type.FullName!);

    /// <summary>The summary of a type by its full name, or null.</summary>
    public string? Summary(string type) => Text("T:" + type, "summary");

    /// <summary>The paragraphs of a type's remarks.</summary>
    public IReadOnlyList<string> Remarks(Type type) =>
        _members.GetValueOrDefault("T:" + type.FullName)?.Element("remarks") is not { } remarks ? []
        : remarks.Elements("para").Any() ? [.. remarks.Elements("para").Select(Flatten)] : [Flatten(remarks)];

    /// <summary>What a type says of a property: in an element <c>parameter</c> of its own comment, or else in the property's summary, wherever that is declared; or null.</summary>
    public string? Summary(Type type, string property) =>
        _members.GetValueOrDefault("T:" + type.FullName)?.Elements("parameter").FirstOrDefault(element => (string?)element.Attribute("name") == property) is { } own ? Flatten(own)
        : Property(type, property)?.DeclaringType is { } declaring ? Text($"P:{declaring.FullName}.{property}", "summary") : null;

    /// <summary>The property that a parameter is bound to: that of the most derived class, which may hide another.</summary>
    public static PropertyInfo? Property(Type type, string name)
    {
        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
        {
            if (declaring.GetProperty(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly) is { } property)
            {
                return property;
            }
        }

        return null;
    }

    /// <summary>A type's examples.</summary>
    public IEnumerable<ExampleHelp> Examples(Type type) =>
        from example in _members.GetValueOrDefault("T:" + type.FullName)?.Elements("example") ?? []
        select new ExampleHelp(Code(example.Element("code")!.Value), string.Join(' ', example.Elements("para").Select(Flatten)), Screen(example), (string?)example.Attribute("runs") == "true");

    private string? Screen(XElement example) =>
        (string?)example.Attribute("screen") is { } name ? File.ReadAllText(Path.Combine(_screens, name + ".txt")).TrimEnd() : null;

    private static string Code(string text)
    {
        var lines = text.Trim('\n').TrimEnd().Split('\n');
        var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..].TrimEnd() : ""));
    }

    // References show as the name they refer to.
    private static string Flatten(XElement element) => Spaces().Replace(
        string.Concat(element.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => ((string?)see.Attribute("cref") ?? "").Split('.', ':')[^1],
            XElement inner => Flatten(inner),
            _ => "",
        })),
        " ").Trim();

    private string? Text(string member, string part) => _members.GetValueOrDefault(member)?.Element(part) is { } element ? Flatten(element) : null;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
