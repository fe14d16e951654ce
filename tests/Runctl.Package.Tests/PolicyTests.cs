using System.Text.Json;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

/// <summary>The policies as users get them.</summary>
public sealed class PolicyTests
{
    private const string Names = "-S3Bucket my-bucket -Region eu-west-1 -Account 123456789012 -IamInstanceProfile Trainer";

    [Fact]
    public void Both_policies_come_as_objects_whose_text_is_the_document()
    {
        using var session = new ModuleSession();
        var policies = session.Run($"Get-RunctlPolicy {Names}").Output.Select(item => (dynamic)item.BaseObject).ToList();
        Assert.Equal(["Instance", "Person"], policies.Select(policy => (string)policy.For.ToString()));
        Assert.All(policies, policy =>
        {
            using var document = JsonDocument.Parse((string)policy.Json);
            Assert.Equal("2012-10-17", document.RootElement.GetProperty("Version").GetString());
            Assert.NotEmpty(document.RootElement.GetProperty("Statement").EnumerateArray());
        });
        var json = (string)session.Run($"Get-RunctlPolicy Person {Names} -AsJson").Single;
        Assert.Equal((string)policies[1].Json, json);
        Assert.Contains("arn:aws:iam::123456789012:role/Trainer", json);
        Assert.Contains("arn:aws:ec2:eu-west-1:123456789012:instance/*", json);
    }

    [Fact]
    public void The_file_decides_bucket_prefix_and_the_values_that_trainings_may_read()
    {
        using var session = new ModuleSession();
        File.WriteAllText(Path.Combine(session.Directory, ".runctl.toml"), "[aws]\ns3_bucket = \"of-the-file\"\ns3_prefix = \"ck\"\n[training.environment]\nKEY = \"ssm:/wandb\"\nPLAIN = \"hush\"\n");
        var json = (string)session.Run("Get-RunctlPolicy Instance -Secret secretsmanager:team -AsJson").Single;
        Assert.Contains("arn:aws:s3:::of-the-file/ck/*", json);
        Assert.Contains(":parameter/wandb", json);
        Assert.Contains(":secret:team-??????", json);
        Assert.DoesNotContain("hush", json);
    }

    [Fact]
    public void A_policy_reads_as_its_statements_and_what_they_are_for()
    {
        using var session = new ModuleSession();
        var lines = session.Show($"Get-RunctlPolicy Person {Names}").Split('\n');
        Assert.Contains(lines, line => line.StartsWith("RunctlPerson: the least policy of the person", StringComparison.Ordinal));
        Assert.Contains("PassRole         Instances are launched with this role, and with no other.", lines.Select(line => line.TrimEnd()));
        Assert.Contains("                 iam:PassRole", lines.Select(line => line.TrimEnd()));
        Assert.Contains("                 if aws:RequestTag/runctl:managed StringEquals 1", lines.Select(line => line.TrimEnd()));
    }

    [Fact]
    public void Without_a_bucket_the_remedy_names_the_parameter_and_the_template()
    {
        using var session = new ModuleSession();
        var result = session.Run("Get-RunctlPolicy");
        Assert.Equal("BucketMissing", result.ErrorId);
        Assert.Contains("-S3Bucket", result.Error.ErrorDetails.RecommendedAction);
        Assert.Contains("Get-RunctlPolicy -CloudFormation", result.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void The_template_in_the_module_is_the_one_that_the_command_returns()
    {
        using var session = new ModuleSession();
        Assert.Equal(File.ReadAllText(Path.Combine(BuiltModule.Directory, "runctl.template.json")).TrimEnd(), (string)session.Run("Get-RunctlPolicy -CloudFormation").Single);
    }
}
