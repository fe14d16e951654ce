using System.Management.Automation;
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
    public void Help_has_a_synopsis_a_description_and_examples_that_parse()
    {
        using var session = new ModuleSession();
        foreach (var name in session.Run("(Get-Command -Module Runctl).Name").Output.Select(item => item.ToString()))
        {
            var help = session.Run($"Get-Help {name} -Full").Output.Single();
            Assert.EndsWith(".", help.Properties["Synopsis"].Value.ToString()!.Trim());
            var examples = session.Run($"(Get-Help {name} -Full).examples.example.code").Output;
            Assert.NotEmpty(examples);
            Assert.All(examples, example =>
            {
                System.Management.Automation.Language.Parser.ParseInput(example.ToString(), out _, out var errors);
                Assert.Empty(errors);
            });
        }
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

    private static string Name(XElement command) => command.Element(Command + "details")!.Element(Command + "name")!.Value;

    private static string Default(XElement parameter) => parameter.Element(Dev + "defaultValue")!.Value;
}
