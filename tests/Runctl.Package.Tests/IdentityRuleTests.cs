using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class IdentityRuleTests
{
    private static readonly string[] CompletedNames = ["RunId", "InstanceId", "Region", "ProfileName", "EndpointUrl", "S3Bucket", "IamInstanceProfile", "SubnetId", "SecurityGroupId", "InstanceType", "State"];

    [Fact]
    public void The_first_place_of_a_cmdlet_about_runs_or_instances_takes_the_thing_from_a_pipeline_and_by_property_name() => Assert.All(Targeted(), pair =>
    {
        var sets = pair.Parameter.ParameterSets.Values.ToList();
        Assert.All(sets, set => Assert.True(set is { Position: 0, ValueFromPipeline: true, ValueFromPipelineByPropertyName: true }, $"{pair.Command.Name} -{pair.Parameter.Name}"));
    });

    [Fact]
    public void A_prompt_for_what_a_cmdlet_works_on_asks_for_an_id() => Assert.All(Targeted().Where(pair => pair.Command.DefaultParameterSet is not null), pair =>
    {
        Assert.True(pair.Parameter.ParameterSets.ContainsKey(pair.Command.DefaultParameterSet!) || pair.Parameter.ParameterSets.ContainsKey(ParameterAttribute.AllParameterSets), pair.Command.Name);
        var element = pair.Parameter.ParameterType.GetElementType()!;
        Assert.NotNull(element.GetConstructor([typeof(string)]));
        Assert.Equal("typed", LanguagePrimitives.ConvertTo("typed", element, System.Globalization.CultureInfo.InvariantCulture).ToString());
    });

    [Fact]
    public void Parameters_whose_names_are_known_complete() => Assert.All(
        from command in Commands()
        from parameter in command.Parameters.Values
        // A sandbox that starts makes the names it is given.
        where CompletedNames.Contains(parameter.Name) && command.Name != "Start-RunctlSandbox"
        select (command, parameter),
        pair => Assert.Contains(pair.parameter.Attributes, attribute => attribute is ArgumentCompleterAttribute or ValidateSetAttribute));

    /// <summary>The parameters in the first place that take things.</summary>
    private static List<(CmdletInfo Command, ParameterMetadata Parameter)> Targeted()
    {
        var found = (from command in Commands()
                     from parameter in command.Parameters.Values
                     where parameter.ParameterType.Name == "RunctlTarget[]" && parameter.ParameterSets.Values.Any(set => set.Position == 0)
                     select (command, parameter)).ToList();
        Assert.True(found.Count >= 14, $"Only {found.Count} cmdlets take targets.");
        return found;
    }

    private static List<CmdletInfo> Commands()
    {
        using var session = new ModuleSession();
        return [.. session.Run("Get-Command -Module Runctl").Output.Select(item => (CmdletInfo)item.BaseObject)];
    }
}
