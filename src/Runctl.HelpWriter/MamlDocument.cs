using System.Management.Automation;
using System.Xml.Linq;

namespace Runctl.HelpWriter;

/// <summary>Writes help in the form Get-Help reads.</summary>
internal static class MamlDocument
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";

    /// <summary>The document for these cmdlets.</summary>
    public static XDocument Write(IEnumerable<CmdletHelp> cmdlets) => new(new XElement("helpItems", new XAttribute("schema", "maml"), cmdlets.Select(WriteCommand)));

    private static XElement WriteCommand(CmdletHelp help) => new(
        Command + "command",
        new XAttribute(XNamespace.Xmlns + "command", Command),
        new XAttribute(XNamespace.Xmlns + "dev", Dev),
        new XAttribute(XNamespace.Xmlns + "maml", Maml),
        new XElement(
            Command + "details",
            new XElement(Command + "name", help.Cmdlet.Name),
            new XElement(Command + "verb", help.Cmdlet.Verb),
            new XElement(Command + "noun", help.Cmdlet.Noun),
            new XElement(Maml + "description", Paragraph(help.Synopsis))),
        new XElement(Maml + "description", help.Description.Select(Paragraph)),
        new XElement(Command + "syntax", help.Cmdlet.ParameterSets.Select(set => WriteSet(help.Cmdlet, set))),
        new XElement(Command + "parameters", help.Parameters.Select(WriteParameter)),
        new XElement(Command + "inputTypes", help.Inputs.Select(input => new XElement(Command + "inputType", WriteType(input.Name), WriteDescription(input.About)))),
        new XElement(Command + "returnValues", help.Outputs.Select(output => new XElement(Command + "returnValue", WriteType(output.Name), WriteDescription(output.About)))),
        new XElement(Command + "examples", help.Examples.Select(WriteExample)),
        new XElement(Command + "relatedLinks", help.Links.Select(WriteLink)));

    // Get-Help reads names and values of a syntax only.
    private static XElement WriteSet(CmdletInfo cmdlet, CommandParameterSetInfo set) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", cmdlet.Name),
        HelpReader.Own(set).Select(parameter => new XElement(
            Command + "parameter",
            new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
            new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new XElement(Maml + "name", parameter.Name),
            parameter.ParameterType == typeof(SwitchParameter) ? null : WriteValue(HelpReader.ShortName(parameter.ParameterType)))));

    private static XElement WriteParameter(ParameterHelp parameter) => new(
        Command + "parameter",
        new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
        new XAttribute("globbing", parameter.TakesWildcards ? "true" : "false"),
        new XAttribute("position", parameter.Position),
        new XAttribute("pipelineInput", parameter.PipelineInput),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(Maml + "name", parameter.Name),
        new XElement(Maml + "description", Paragraph(parameter.Description), parameter.Accepted is { } accepted ? Paragraph($"Accepted values: {accepted}.") : null),
        parameter.IsSwitch ? null : WriteValue(parameter.Type),
        WriteType(parameter.Type),
        new XElement(Dev + "defaultValue", parameter.Default ?? "None"));

    private static XElement WriteExample(ExampleHelp example, int index) => new(
        Command + "example",
        example.Runs ? new XAttribute("runs", "true") : null,
        new XElement(Maml + "title", $"Example {index + 1}"),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", Paragraph(example.About), example.Screen?.Split('\n').Select(Paragraph)));

    private static XElement WriteLink(LinkHelp link) => new(
        Maml + "navigationLink",
        new XElement(Maml + "linkText", link.Text),
        new XElement(Maml + "uri", link.Address?.AbsoluteUri ?? ""));

    private static XElement WriteValue(string name) => new(Command + "parameterValue", new XAttribute("required", "true"), name);

    private static XElement WriteType(string name) => new(Dev + "type", new XElement(Maml + "name", name));

    private static XElement? WriteDescription(string about) => about.Length == 0 ? null : new XElement(Maml + "description", Paragraph(about));

    private static XElement Paragraph(string text) => new(Maml + "para", text);
}
