using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class ErrorTests
{
    [Fact]
    public void Without_credentials_the_error_says_what_to_do()
    {
        using var session = new ModuleSession();
        var result = session.Run("Get-RunctlInstance -Region us-east-1 -EndpointUrl http://127.0.0.1:9/");
        Assert.Equal("CredentialsMissing", result.ErrorId);
        Assert.Equal(ErrorCategory.AuthenticationError, result.Error.CategoryInfo.Category);
        Assert.Contains("Start-RunctlSandbox", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_profile_that_does_not_exist_is_named()
    {
        using var session = new ModuleSession();
        var result = session.Run("Get-RunctlInstance -Region us-east-1 -ProfileName no-such-profile");
        Assert.Equal("ProfileUnusable", result.ErrorId);
        Assert.Contains("no-such-profile", result.Error.ToString());
    }

    [Fact]
    public void A_mistake_in_the_configuration_is_shown_with_its_place()
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, ".runctl.toml"), "[aws]\nregion = us-east-1\n");
        var result = session.Run("Get-RunctlConfiguration");
        Assert.Equal("ConfigurationInvalid", result.ErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, result.Error.CategoryInfo.Category);
        Assert.Matches(@"\.runctl\.toml:2:\d+: ", result.Error.ToString());
    }

    [Fact]
    public void An_unknown_setting_warns_with_the_nearest_known_one()
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, ".runctl.toml"), "[aws]\ns3_buket = \"b\"\n");
        Assert.Contains(session.Run("Get-RunctlConfiguration").Warnings, warning => warning.Contains("s3_bucket", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failure_of_one_target_does_not_end_the_command()
    {
        using var session = new ModuleSession();
        var result = session.Run("'i-1', 'i-2' | Remove-RunctlInstance -Confirm:$false -Region us-east-1 -EndpointUrl http://127.0.0.1:9/");
        Assert.Equal(["i-1", "i-2"], result.Errors.Select(error => error.TargetObject));
    }

    [Fact]
    public void ErrorAction_Stop_ends_a_command_at_its_first_error()
    {
        using var session = new ModuleSession();
        var result = session.Run("'i-1', 'i-2' | Remove-RunctlInstance -Confirm:$false -Region us-east-1 -EndpointUrl http://127.0.0.1:9/ -ErrorAction Stop; 'not reached'");
        Assert.Equal("i-1", result.Error.TargetObject);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void A_script_that_is_not_there_is_named()
    {
        using var session = new ModuleSession();
        var result = session.Run("Start-RunctlTraining ./train.py i-1 -SyncCode -Region us-east-1 -EndpointUrl http://127.0.0.1:9/");
        Assert.Equal("ScriptMissing", result.ErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, result.Error.CategoryInfo.Category);
        Assert.Contains(session.Directory, result.Error.ToString());
    }

    [Fact]
    public void A_path_outside_the_file_system_is_refused()
    {
        using var session = new ModuleSession();
        Assert.Equal("PathNotFileSystem", session.Run("Start-RunctlTraining variable:x i-1").ErrorId);
    }

    [Theory]
    [InlineData("$null", "NothingToResumeFrom")]
    [InlineData("42", "ResumeFromInvalid")]
    public void What_can_not_be_resumed_from_never_starts_anew(string value, string expected)
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, "train.py"), "");
        Assert.Equal(expected, session.Run($"Start-RunctlTraining ./train.py i-1 -ResumeFrom {value}").ErrorId);
    }

    [Fact]
    public void Secrets_of_the_session_are_in_no_stream()
    {
        using var session = new ModuleSession();
        session.Set("StoredAWSCredentials", new SessionKeys());
        var result = session.Run("$VerbosePreference = $DebugPreference = 'Continue'; Get-RunctlInstance -Region us-east-1 -EndpointUrl http://127.0.0.1:9/; Get-RunctlConfiguration");
        Assert.Equal("ConnectionFailed", result.ErrorId);
        Assert.DoesNotContain(new SessionKeys().SecretKey, result.Everything + result.Errors[0].Exception);
    }
}
