using System.Management.Automation;
using System.Xml.Linq;

namespace Runctl.HelpWriter;

/// <summary>Writes help in the form Get-Help reads.</summary>
/// <param name="comments">Where the words come from.</param>
/// <param name="missing">Takes the names of what is not documented.</param>
internal sealed class MamlDocument(DocumentationComments comments, ICollection<string> missing)
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly HashSet<string> Common = [.. Cmdlet.CommonParameters];

    /// <summary>The document for these cmdlets.</summary>
    public XDocument Write(IEnumerable<CmdletInfo> cmdlets) => new(new XElement(
        "helpItems",
        new XAttribute("schema", "maml"),
        cmdlets.Select(WriteCommand)));

    private XElement WriteCommand(CmdletInfo cmdlet)
    {
        var type = cmdlet.ImplementingType;
        var summary = Require(comments.Summary(type), cmdlet.Name);
        var parameters = cmdlet.ParameterSets.SelectMany(set => set.Parameters).Where(parameter => !Common.Contains(parameter.Name))
            .GroupBy(parameter => parameter.Name, StringComparer.Ordinal).Select(group => group.First()).OrderBy(parameter => parameter.Name, StringComparer.Ordinal);
        return new XElement(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XElement(
                Command + "details",
                new XElement(Command + "name", cmdlet.Name),
                new XElement(Command + "verb", cmdlet.Verb),
                new XElement(Command + "noun", cmdlet.Noun),
                new XElement(Maml + "description", Paragraph(summary))),
            new XElement(Maml + "description", Paragraph(comments.Remarks(type) is { } remarks ? $"{summary} {remarks}" : summary)),
            new XElement(Command + "syntax", cmdlet.ParameterSets.Select(set => WriteSet(cmdlet, set))),
            new XElement(Command + "parameters", parameters.Select(parameter => WriteParameter(cmdlet, parameter))),
            new XElement(Command + "returnValues", cmdlet.OutputType.Select(output => new XElement(Command + "returnValue", WriteType(output.Name)))),
            new XElement(Command + "examples", comments.Examples(type).Select(WriteExample)));
    }

    private XElement WriteSet(CmdletInfo cmdlet, CommandParameterSetInfo set) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", cmdlet.Name),
        set.Parameters.Where(parameter => !Common.Contains(parameter.Name))
            .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position).ThenByDescending(parameter => parameter.IsMandatory)
            .Select(parameter => WriteParameter(cmdlet, parameter)));

    private XElement WriteParameter(CmdletInfo cmdlet, CommandParameterInfo parameter)
    {
        var element = new XElement(
            Command + "parameter",
            new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
            new XAttribute("globbing", parameter.Attributes.Any(attribute => attribute is SupportsWildcardsAttribute) ? "true" : "false"),
            new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new XAttribute("pipelineInput", PipelineInput(parameter)),
            new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
            new XElement(Maml + "name", parameter.Name),
            new XElement(Maml + "description", Paragraph(Describe(cmdlet, parameter.Name))));
        if (parameter.ParameterType != typeof(SwitchParameter))
        {
            element.Add(new XElement(Command + "parameterValue", new XAttribute("required", "true"), ShortName(parameter.ParameterType)));
        }

        element.Add(WriteType(ShortName(parameter.ParameterType)));
        return element;
    }

    private static XElement WriteExample((string Code, string About) example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"Example {index + 1}"),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", Paragraph(example.About)));

    private static XElement WriteType(string name) => new(Dev + "type", new XElement(Maml + "name", name));

    private static XElement Paragraph(string text) => new(Maml + "para", text);

    private static string PipelineInput(CommandParameterInfo parameter) => (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static string ShortName(Type type)
    {
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        return inner.IsArray ? ShortName(inner.GetElementType()!) + "[]" : inner.Name;
    }

    private string Describe(CmdletInfo cmdlet, string parameter) => parameter switch
    {
        "WhatIf" => "Checks everything and says what would be done, without doing it.",
        "Confirm" => "Asks before anything is done.",
        _ => Require(comments.Summary(cmdlet.ImplementingType, parameter), $"{cmdlet.Name} -{parameter}"),
    };

    private string Require(string? text, string name)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            missing.Add(name);
        }

        return text ?? "";
    }
}
