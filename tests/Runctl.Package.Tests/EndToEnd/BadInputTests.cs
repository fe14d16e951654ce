using System.Text.Json;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class BadInputTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void A_script_that_is_missing_is_named()
    {
        var result = sandbox.Start(_project, sandbox.Instance, script: "no-such.py");
        Assert.Equal("ScriptMissing", result.ErrorId);
        Assert.Contains(_project["no-such.py"], result.Error.ToString());
    }

    [Theory]
    [InlineData("Start-RunctlTraining $script {0} -SyncCode")]
    [InlineData("Watch-RunctlSpotInterruption -InstanceId {0} -ProcessName x")]
    public void A_webhook_that_is_written_out_is_refused_before_anything_is_sent_and_not_repeated(string command)
    {
        _project.Write(".runctl.toml", "[alerts]\nwebhook_url = \"https://hooks.example/hunter2\"\n");
        sandbox.Enter(_project);
        var result = sandbox.Run(string.Format(System.Globalization.CultureInfo.InvariantCulture, command, sandbox.Instance));
        Assert.Equal("WebhookWrittenOut", result.ErrorId);
        Assert.Contains("ssm:/", result.Error.ErrorDetails.RecommendedAction);
        Assert.DoesNotContain("hunter2", result.Error.ToString() + result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_script_outside_the_project_is_refused_with_the_parameter_that_helps()
    {
        using var other = new Project();
        sandbox.Set("project", _project.Directory);
        var result = sandbox.Start(other, sandbox.Instance, "-ProjectDirectory $project");
        Assert.Equal("ScriptOutsideProject", result.ErrorId);
        Assert.Contains("-ProjectDirectory", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_script_with_the_name_of_an_attack_is_just_a_script()
    {
        const string Name = "my script; rm -rf ~ $(id).py";
        _project.Write(Name, "import sys; print('trained by', sys.argv[0])");
        Assert.Contains(Name, sandbox.Train(_project, sandbox.Instance, script: Name));
    }

    [Fact]
    public void A_training_that_fails_at_once_is_an_error_with_its_exit_code_and_last_lines()
    {
        // At once on a busy machine too: a shell starts in milliseconds.
        _project.Write("fails.sh", "echo 'cannot find the data'; exit 3");
        var result = sandbox.Start(_project, sandbox.Instance, script: "fails.sh");
        Assert.Contains("exit code 3", result.Error.ToString());
        Assert.Contains("cannot find the data", result.Error.ToString());
    }

    [Fact]
    public void Arguments_arrive_byte_for_byte()
    {
        string[] arguments = ["it's", "\"quoted\"", "two\nlines", "$(id)", "`id`", "", "Grüße 日本 🚀", "--x=a b", "\\", "%PATH%", "-", "*"];
        _project.Write("arguments.py", "import json, sys; print(json.dumps(sys.argv[1:]))");
        sandbox.Set("arguments", arguments);
        var log = sandbox.Train(_project, sandbox.Instance, "-ScriptArgument $arguments", "arguments.py");
        Assert.Equal(arguments, JsonSerializer.Deserialize<string[]>(log));
    }

    [Theory]
    [InlineData("-IamInstanceProfile OrganizationAdmin", "InstanceProfileNotFound", "OrganizationAdmin", "iam_instance_profile")]
    [InlineData("-IamInstanceProfile arn:aws:iam::123456789012:role/Trainer", "InstanceProfileNotFound", "role/Trainer", "-IamInstanceProfile")]
    [InlineData("-IamInstanceProfile OrganizationAdmin -OnDemandFallback", "InstanceProfileNotFound", "OrganizationAdmin", "-IamInstanceProfile")]
    [InlineData("-IamInstanceProfile OrganizationAdmin -InterruptionBehavior Stop", "InstanceProfileNotFound", "OrganizationAdmin", "-IamInstanceProfile")]
    [InlineData("-ImageId ami-0123456789abcdef0", "ImageNotFound", "ami-0123456789abcdef0", "-ImageId")]
    [InlineData("-ImageId nonsense", "ImageNotFound", "nonsense", "-ImageId")]
    [InlineData("-SecurityGroupId sg-0123456789abcdef0", "SecurityGroupNotFound", "sg-0123456789abcdef0", "security_group_ids")]
    [InlineData("-SecurityGroupId default", "SecurityGroupNotFound", "default", "-SecurityGroupId")]
    [InlineData("-SecurityGroupId default -InterruptionBehavior Hibernate", "SecurityGroupNotFound", "default", "-SecurityGroupId")]
    [InlineData("-SubnetId subnet-0123456789abcdef0", "SubnetNotFound", "subnet-0123456789abcdef0", "subnet_ids")]
    public void A_launch_that_names_something_wrong_says_what_and_what_corrects_it(string options, string id, string named, string remedy)
    {
        sandbox.Enter(_project);
        var result = sandbox.Run($"New-RunctlSpotInstance g5.xlarge {options}");
        Assert.Equal(id, result.ErrorId);
        Assert.Contains(named, result.Error.ToString());
        Assert.Contains(remedy, result.Error.ErrorDetails.RecommendedAction);
        Assert.DoesNotContain("later", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void An_instance_that_is_not_there_is_named()
    {
        var result = sandbox.Start(_project, "i-0123456789abcdef0");
        Assert.Equal("InstanceNotFound", result.ErrorId);
        Assert.Contains("i-0123456789abcdef0", result.Error.ToString());
    }

    [Fact]
    public void A_terminated_instance_is_told_as_such()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false").Errors);
        var result = sandbox.Start(_project, instance);
        Assert.Equal("InstanceNotRunning", result.ErrorId);
        Assert.Matches("shutting-down|terminated", result.Error.ToString());
        Assert.Contains("New-RunctlSpotInstance", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_mistake_in_the_projects_configuration_is_shown_with_its_place_and_nothing_is_launched_or_started()
    {
        var instance = sandbox.Instance;
        sandbox.Enter(_project);
        int before = sandbox.Run("@(Get-RunctlInstance; Get-RunctlTraining).Count").Single;
        _project.Write(".runctl.toml", "[checkpoint]\ndir = \"checkpoints\n");
        foreach (var result in new[] { sandbox.Start(_project, instance), sandbox.Run("New-RunctlSpotInstance g5.xlarge") })
        {
            Assert.Equal("ConfigurationInvalid", result.ErrorId);
            Assert.Matches(@"\.runctl\.toml:2:\d+: ", result.Error.ToString());
        }

        File.Delete(_project[".runctl.toml"]);
        Assert.Equal(before, sandbox.Run("@(Get-RunctlInstance; Get-RunctlTraining).Count").Single);
    }

    [Theory]
    [InlineData("-ScriptArgument \"a`0b\"")]
    [InlineData("-ScriptArgument ([string][char]0xD800)")]
    [InlineData("-Environment @{ NAME = \"a`0b\" }")]
    public void What_no_process_can_be_given_is_refused_before_anything_is_started(string options)
    {
        var result = sandbox.Start(_project, sandbox.Instance, options);
        Assert.Equal("ArgumentInvalid", result.ErrorId);
        Assert.Contains("cannot be passed on", result.Error.ToString());
    }

    public void Dispose() => _project.Dispose();
}
