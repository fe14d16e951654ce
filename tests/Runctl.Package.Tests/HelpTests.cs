using System.Management.Automation;
using System.Xml.Linq;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class HelpTests
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
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
    public void The_about_topic_is_found()
    {
        using var session = new ModuleSession();
        Assert.Contains("TRY IT WITHOUT AN AWS ACCOUNT", session.Run("Get-Help about_Runctl").Single);
    }
}
