using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class ArgumentTests
{
    // Refused further on, where the duration has long been read.
    private const string Command = "Get-RunctlTrainingLog -RunId r -EndpointUrl http://127.0.0.1:9/ -Region us-east-1 -PollInterval ";

    [Theory]
    [InlineData("30s")]
    [InlineData("'2m'")]
    [InlineData("'500ms'")]
    [InlineData("'1.5 m'")]
    [InlineData("1h")]
    [InlineData("2.5")]
    [InlineData("'15'")]
    [InlineData("'00:00:30'")]
    [InlineData("([timespan]::FromSeconds(3))")]
    public void Durations_are_read_as_people_write_them(string text)
    {
        using var session = new ModuleSession();
        Assert.DoesNotContain("ParameterArgumentTransformationError", session.Run(Command + text).ErrorId);
    }

    [Theory]
    [InlineData("'soon'", "is not a duration")]
    [InlineData("'30x'", "is not a duration")]
    [InlineData("'1,5'", "is not a duration")]
    [InlineData("'-5s'", "is not a duration")]
    [InlineData("'10ms'", "out of range")]
    [InlineData("2h", "out of range")]
    [InlineData("0", "out of range")]
    public void What_is_no_duration_is_refused_with_the_form_that_is_expected(string text, string expected)
    {
        using var session = new ModuleSession();
        var result = session.Run(Command + text);
        Assert.Equal("ParameterArgumentTransformationError", result.ErrorId);
        Assert.Contains(expected, result.Error.Exception.Message);
    }

    [Theory]
    [InlineData("'0,35'", "is not a price")]
    [InlineData("'cheap'", "is not a price")]
    [InlineData("0", "out of range")]
    [InlineData("-1", "is not a price")]
    [InlineData("1000", "out of range")]
    public void What_is_no_price_is_refused(string text, string expected)
    {
        using var session = new ModuleSession();
        var result = session.Run($"New-RunctlSpotInstance g5.xlarge -EndpointUrl http://127.0.0.1:9/ -Region us-east-1 -MaxPrice {text}");
        Assert.Equal("ParameterArgumentTransformationError", result.ErrorId);
        Assert.Contains(expected, result.Error.Exception.Message);
    }

    [Theory]
    [InlineData("626888")]
    [InlineData("012345")]
    [InlineData("12345d")]
    [InlineData("1e2345")]
    [InlineData("'5fe6fb'")]
    public void The_last_characters_of_a_run_arrive_as_they_were_typed(string typed)
    {
        using var session = new ModuleSession();
        Assert.Equal(typed.Trim('\''), session.Run($"Get-RunctlTraining {typed} -EndpointUrl http://127.0.0.1:9/ -Region us-east-1").Error.TargetObject);
    }

    [Theory]
    [InlineData("42", "what was given is an Int32 that has")]
    [InlineData("1234567", "what was given is an Int32 that has")]
    [InlineData("(Get-Date)", "what was given is a DateTime that has")]
    public void What_names_nothing_is_told_by_its_type(string given, string expected)
    {
        using var session = new ModuleSession();
        Assert.Contains(expected, session.Run($"Get-RunctlTraining {given} -EndpointUrl http://127.0.0.1:9/ -Region us-east-1").Error.Exception.Message);
    }

    [Theory]
    [InlineData("g5.xlarge")]
    [InlineData("G5.XLARGE")]
    public void An_instance_type_in_the_place_of_an_instance_is_told_with_its_parameter(string type)
    {
        using var session = new ModuleSession();
        var error = session.Run($"Start-RunctlTraining ./train.py {type} -EndpointUrl http://127.0.0.1:9/ -Region us-east-1").Error;
        Assert.Equal("g5.xlarge is an instance type: -InstanceType g5.xlarge", error.Exception.Message);
    }

    [Fact]
    public void What_has_an_instance_id_flows_into_commands_by_it()
    {
        using var session = new ModuleSession();
        foreach (var source in new[] { Records.Instance, Records.Training(), "[pscustomobject]@{ InstanceId = 'i-0123456789abcdef0' }", "'i-0123456789abcdef0'" })
        {
            foreach (var command in new[] { "Remove-RunctlInstance -Confirm:$false", "Get-RunctlInstance", "Get-RunctlTraining", "Get-RunctlTrainingLog" })
            {
                var result = session.Run($"{source} | {command} -Region us-east-1 -EndpointUrl http://127.0.0.1:9/");
                Assert.Equal("CredentialsMissing", result.ErrorId);
                Assert.DoesNotContain("{", result.Error.TargetObject?.ToString() ?? "");
            }
        }
    }

    [Fact]
    public void What_has_no_id_is_not_taken_for_one()
    {
        using var session = new ModuleSession();
        Assert.Equal("TargetMissing", session.Run("[version]'1.2' | Remove-RunctlInstance -Confirm:$false").ErrorId);
        Assert.Equal("TargetMissing", session.Run("Remove-RunctlInstance ([version]'1.2') -Confirm:$false").ErrorId);
    }

    [Fact]
    public void A_training_given_by_position_brings_its_connection()
    {
        using var session = new ModuleSession();
        var result = session.Run($"Get-RunctlTrainingLog ({Records.Training(new Uri("http://127.0.0.1:9/"))}) -Verbose");
        Assert.Contains("Setting Region is eu-central-1: Object.", result.Details);
        Assert.Contains("Setting EndpointUrl is http://127.0.0.1:9/: Object.", result.Details);
    }
}
