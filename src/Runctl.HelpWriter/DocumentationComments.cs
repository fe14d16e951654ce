using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Runctl.HelpWriter;

/// <summary>The compiler's documentation file.</summary>
internal sealed partial class DocumentationComments
{
    private readonly Dictionary<string, XElement> _members;

    private DocumentationComments(Dictionary<string, XElement> members) => _members = members;

    /// <summary>Reads a file.</summary>
    public static DocumentationComments Read(string path) =>
        new(XDocument.Load(path).Descendants("member").ToDictionary(member => (string)member.Attribute("name")!, StringComparer.Ordinal));

    /// <summary>A type's summary, or null.</summary>
    public string? Summary(Type type) => Text("T:" + type.FullName, "summary");

    /// <summary>A type's remarks, or null.</summary>
    public string? Remarks(Type type) => Text("T:" + type.FullName, "remarks");

    /// <summary>A property's summary, wherever it is declared; or null.</summary>
    public string? Summary(Type type, string property) =>
        type.GetProperty(property)?.DeclaringType is { } declaring ? Text($"P:{declaring.FullName}.{property}", "summary") : null;

    /// <summary>A type's examples: code, and what it does.</summary>
    public IEnumerable<(string Code, string About)> Examples(Type type) =>
        from example in _members.GetValueOrDefault("T:" + type.FullName)?.Elements("example") ?? []
        select (Code(example.Element("code")!.Value), Flatten(example.Elements("para")));

    private static string Code(string text) => string.Join('\n', text.Trim('\n').Split('\n').Select(line => line.Trim())).Trim();

    private static string Flatten(IEnumerable<XElement> elements) => string.Join(' ', elements.Select(Flatten));

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
