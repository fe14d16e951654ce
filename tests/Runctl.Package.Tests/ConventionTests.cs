using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class ConventionTests
{
    private static readonly string[] ChangingVerbs = ["New", "Remove", "Start", "Stop", "Invoke", "Save", "Set"];
    private static readonly string[] LocalCommands = ["Set-RunctlSandbox", "Start-RunctlSandbox", "Stop-RunctlSandbox"];

    [Fact]
    public void Every_command_that_changes_something_has_WhatIf_and_Confirm() =>
        Assert.All(Commands().Where(command => ChangingVerbs.Contains(command.Verb)), command =>
        {
            Assert.Contains("WhatIf", command.Parameters.Keys);
            Assert.Contains("Confirm", command.Parameters.Keys);
        });

    [Fact]
    public void Removing_asks_first() =>
        Assert.Equal(ConfirmImpact.High, Attribute(Commands().Single(command => command.Name == "Remove-RunctlInstance")).ConfirmImpact);

    [Fact]
    public void Every_command_that_calls_a_service_takes_region_profile_and_endpoint_by_property_name() =>
        Assert.All(Commands().Where(command => !LocalCommands.Contains(command.Name)), command =>
            Assert.All(new[] { "Region", "ProfileName", "EndpointUrl" }, name =>
                Assert.True(command.Parameters[name].ParameterSets.Values.All(set => set.ValueFromPipelineByPropertyName), $"{command.Name} -{name}")));

    [Fact]
    public void Identities_bind_by_property_name() =>
        Assert.All(
            from command in Commands()
            from parameter in command.Parameters.Values
            where parameter.Name is "InstanceId" or "RunId" or "Manifest"
            select (command.Name, parameter),
            pair => Assert.True(
                pair.parameter.ParameterSets.Values.All(set => set.ValueFromPipelineByPropertyName != IsPlaceToResume(pair.Name, pair.parameter)), $"{pair.Name} -{pair.parameter.Name}"));

    /// <summary>Where a run goes on is named by hand: a run in the pipeline would bring the instance it lost.</summary>
    private static bool IsPlaceToResume(string command, ParameterMetadata parameter) => (command, parameter.Name) == ("Resume-RunctlTraining", "InstanceId");

    [Fact]
    public void Names_are_singular_words_in_Pascal_case() =>
        Assert.All(Own(), pair => Assert.Matches("^[A-Z][A-Za-z0-9]*[a-rt-z]$|^Address$", pair.Parameter.Name));

    [Fact]
    public void Flags_are_switches_and_times_are_durations() => Assert.All(Own(), pair =>
    {
        Assert.NotEqual(typeof(bool), pair.Parameter.ParameterType);
        if ((Nullable.GetUnderlyingType(pair.Parameter.ParameterType) ?? pair.Parameter.ParameterType) == typeof(TimeSpan))
        {
            Assert.Contains(pair.Parameter.Attributes, attribute => attribute.GetType().Name == "DurationAttribute");
        }
    });

    [Fact]
    public void Every_command_says_what_it_returns() =>
        Assert.All(Commands(), command => Assert.NotEmpty(command.ImplementingType.GetCustomAttributes(typeof(OutputTypeAttribute), inherit: false)));

    [Fact]
    public void Every_command_has_a_class_of_its_name() => Assert.All(Commands(), command =>
    {
        Assert.Equal(command.Verb + command.Noun + "Command", command.ImplementingType.Name);
        Assert.True(command.ImplementingType.IsSealed);
    });

    private static List<CmdletInfo> Commands()
    {
        using var session = new ModuleSession();
        return [.. session.Run("Get-Command -Module Runctl").Output.Select(item => (CmdletInfo)item.BaseObject)];
    }

    private static IEnumerable<(CmdletInfo Command, ParameterMetadata Parameter)> Own() =>
        from command in Commands()
        from parameter in command.Parameters.Values
        where !Cmdlet.CommonParameters.Contains(parameter.Name) && !Cmdlet.OptionalCommonParameters.Contains(parameter.Name)
        select (command, parameter);

    private static CmdletAttribute Attribute(CmdletInfo command) => (CmdletAttribute)command.ImplementingType.GetCustomAttributes(typeof(CmdletAttribute), inherit: false).Single();
}
