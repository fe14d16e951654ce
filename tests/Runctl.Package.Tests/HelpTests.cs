using System.Management.Automation;
using System.Management.Automation.Language;
using System.Xml.Linq;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class HelpTests
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";

    [Fact]
    public void Every_command_and_parameter_has_help_and_nothing_else_does()
    {
        using var session = new ModuleSession();
        var expected = session.Run("Get-Command -Module Runctl").Output.Select(item => (CmdletInfo)item.BaseObject)
            .SelectMany(command => command.Parameters.Keys.Except(Cmdlet.CommonParameters).Select(parameter => $"{command.Name} -{parameter}"));
        var documented = XDocument.Load(Path.Combine(BuiltModule.Directory, "en-US", "Runctl.PowerShell.dll-Help.xml")).Descendants(Command + "command")
            .SelectMany(command => command.Element(Command + "parameters")!.Elements()
                .Select(parameter => $"{command.Element(Command + "details")!.Element(Command + "name")!.Value} -{parameter.Element(Maml + "name")!.Value}"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_command_has_a_synopsis_a_description_of_its_own_and_two_examples() => Assert.All(Commands(), command =>
    {
        var synopsis = command.Element(Command + "details")!.Element(Maml + "description")!.Value;
        var description = command.Element(Maml + "description")!.Value;
        Assert.EndsWith(".", synopsis, StringComparison.Ordinal);
        Assert.True(description.Length > 0, Name(command));
        Assert.False(description.StartsWith(synopsis, StringComparison.Ordinal), Name(command));
        Assert.True(Examples(command).Count >= 2, Name(command));
        Assert.All(command.Descendants(Dev + "remarks"), about => Assert.NotEmpty(about.Value));
    });

    [Fact]
    public void Examples_parse_and_name_parameters_that_exist()
    {
        using var session = new ModuleSession();
        var known = session.Run("Get-Command -Module Runctl").Output.Select(item => (CmdletInfo)item.BaseObject).ToDictionary(command => command.Name);
        Assert.All(Commands().SelectMany(Examples), example =>
        {
            var parsed = Parser.ParseInput(example, out _, out var errors);
            Assert.Empty(errors);
            foreach (var call in parsed.FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
            {
                if (known.TryGetValue(call.GetCommandName() ?? "", out var command))
                {
                    Assert.All(call.CommandElements.OfType<CommandParameterAst>(), parameter => Assert.True(command.Parameters.ContainsKey(parameter.ParameterName), $"-{parameter.ParameterName} in: {example}"));
                }
            }
        });
    }

    [Fact]
    public void The_pages_of_the_repository_are_those_the_build_writes()
    {
        var root = Path.GetFullPath(Path.Combine(BuiltModule.Directory, "..", "..", ".."));
        string[] written = [.. Directory.GetFiles(Path.Combine(root, "out", "cmdlets"), "*.md").Order(StringComparer.Ordinal)];
        Assert.Equal(written.Select(Path.GetFileName), Directory.GetFiles(Path.Combine(root, "docs", "cmdlets"), "*.md").Order(StringComparer.Ordinal).Select(Path.GetFileName));
        Assert.All(written, file => Assert.Equal(File.ReadAllText(file), File.ReadAllText(Path.Combine(root, "docs", "cmdlets", Path.GetFileName(file)))));
    }

    [Fact]
    public void Help_names_inputs_outputs_links_and_a_page_for_Online() => Assert.All(Commands(), command =>
    {
        Assert.NotEmpty(command.Element(Command + "inputTypes")!.Elements());
        Assert.NotEmpty(command.Element(Command + "returnValues")!.Elements());
        var links = command.Element(Command + "relatedLinks")!.Elements().ToList();
        Assert.EndsWith($"/docs/cmdlets/{Name(command)}.md", links[0].Element(Maml + "uri")!.Value, StringComparison.Ordinal);
        Assert.True(links.Count >= 3, Name(command));
    });

    [Fact]
    public void Defaults_and_accepted_values_come_from_the_code()
    {
        var wait = Commands().Single(command => Name(command) == "Wait-RunctlTraining").Element(Command + "parameters")!.Elements().ToDictionary(parameter => parameter.Element(Maml + "name")!.Value);
        Assert.Equal(("5s", "no limit"), (Default(wait["PollInterval"]), Default(wait["Timeout"])));
        Assert.Contains("100ms to 1h", wait["PollInterval"].Element(Maml + "description")!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("Default:", wait["Timeout"].Element(Maml + "description")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_a_topic_leads_to_one()
    {
        using var session = new ModuleSession();
        var topics = Commands().SelectMany(command => command.Descendants(Maml + "linkText")).Select(link => link.Value).Where(text => text.StartsWith("about_", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(topics.Count >= 6);
        Assert.All(topics, topic => Assert.Contains("SHORT DESCRIPTION", session.Run($"Get-Help {topic}").Single, StringComparison.Ordinal));
        Assert.Contains("TRY IT WITHOUT AN AWS ACCOUNT", session.Run("Get-Help about_Runctl").Single, StringComparison.Ordinal);
    }

    private static IEnumerable<XElement> Commands() => XDocument.Load(Path.Combine(BuiltModule.Directory, "en-US", "Runctl.PowerShell.dll-Help.xml")).Descendants(Command + "command");

    private static List<string> Examples(XElement command) => [.. command.Descendants(Dev + "code").Select(code => code.Value)];

    private static string Name(XElement command) => command.Element(Command + "details")!.Element(Command + "name")!.Value;

    private static string Default(XElement parameter) => parameter.Element(Dev + "defaultValue")!.Value;
}
