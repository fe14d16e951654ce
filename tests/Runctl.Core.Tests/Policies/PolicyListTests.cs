using System.Text.Json;
using System.Text.RegularExpressions;
using Runctl.Configuration;
using Runctl.Policies;

namespace Runctl.Core.Tests.Policies;

/// <summary>The list of what Runctl needs, and the policies that are written from it.</summary>
public sealed class PolicyListTests
{
    /// <summary>IAM's limit of a managed policy, white space aside.</summary>
    private const int MostCharacters = 6144;

    private static readonly RunctlConfiguration Settings = new()
    {
        S3Bucket = "a-bucket-with-a-name-of-some-length", Region = "us-east-1", IamInstanceProfile = "arn:aws:iam::123456789012:instance-profile/teams/Trainer",
        TrainingEnvironment = new Dictionary<string, string> { ["KEY"] = "ssm:/wandb/key", ["TOKEN"] = "secretsmanager:team/token", ["PLAIN"] = "plain" },
        WebhookUrl = "ssm:/hooks/chat",
    };

    [Fact]
    public void Each_statement_has_a_name_of_its_own_and_says_in_a_sentence_what_it_is_for() => Assert.All(PolicyList.Rules, rule =>
    {
        Assert.Matches("^[A-Za-z0-9]+$", rule.Sid);
        Assert.Matches("^[A-Z].*\\.$", rule.Why);
        Assert.Single(PolicyList.Rules, other => (other.For, other.Sid) == (rule.For, rule.Sid));
        Assert.All(rule.Actions, action => Assert.Matches("^[a-z0-9]+:[A-Za-z]+$", action));
    });

    [Fact]
    public void Actions_that_change_something_are_limited_to_resources() => Assert.All(
        PolicyList.Rules.Where(rule => rule.Resources.Contains("*") && rule.Sid != "SsmAgent").SelectMany(rule => rule.Actions),
        action => Assert.Matches("^(ec2:Describe|ssm:(Describe|Get|List)|ssm:CancelCommand$)", action));

    [Fact]
    public void What_exists_already_is_changed_only_if_it_has_the_tag_of_Runctl()
    {
        string[] touching = ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:CancelSpotInstanceRequests", "ec2:DeleteLaunchTemplate"];
        var rules = PolicyList.Rules.Where(rule => rule.Actions.Any(touching.Contains) || rule.Sid is "TagInstance" or "CommandInstance").ToList();
        Assert.All(rules, rule => Assert.Contains(rule.Tests.Concat(rule.OwnOnly), test => test.Key.EndsWith("esourceTag/runctl:managed", StringComparison.Ordinal)));
        Assert.All(touching, action => Assert.Contains(rules, rule => rule.Actions.Contains(action)));
    }

    [Fact]
    public void The_role_writes_and_deletes_nothing_below_the_orders()
    {
        var role = Scope().Policy(RunctlPolicyFor.Instance);
        var orders = "arn:aws:s3:::a-bucket-with-a-name-of-some-length/checkpoints/runctl/orders/run/1/spec.json";
        bool Covers(RunctlPolicyStatement statement) => statement.Resources.Any(pattern => Regex.IsMatch(orders, "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$"));
        Assert.Equal(["s3:GetObject"], role.Statements.Where(Covers).SelectMany(statement => statement.Actions).Where(action => action.StartsWith("s3:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Nobody_lists_keys_outside_the_prefixes()
    {
        var rules = PolicyList.Rules.Where(rule => rule.Actions.Contains("s3:ListBucket")).ToList();
        Assert.Equal(2, rules.Count);
        // With IfExists a list without a prefix would give every key of the bucket.
        Assert.All(rules, rule => Assert.Equal(("StringLike", "{prefix}/*,{run_prefix}/*"), rule.Tests.Where(test => test.Key == "s3:prefix").Select(test => (test.Operator, string.Join(',', test.Values))).Single()));
    }

    [Theory]
    [InlineData("ssm:/wandb/key", "arn:aws:ssm:us-east-1:123456789012:parameter/wandb/key")]
    [InlineData("ssm:plain", "arn:aws:ssm:us-east-1:123456789012:parameter/plain")]
    [InlineData("ssm:/pinned:3", "arn:aws:ssm:us-east-1:123456789012:parameter/pinned")]
    [InlineData("ssm:arn:aws:ssm:eu-west-1:1:parameter/x", "arn:aws:ssm:eu-west-1:1:parameter/x")]
    [InlineData("secretsmanager:team/token", "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/token-??????")]
    [InlineData("secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:x-abcdef", "arn:aws:secretsmanager:us-east-1:1:secret:x-abcdef")]
    [InlineData("secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:x-abcdef:json::", "arn:aws:secretsmanager:us-east-1:1:secret:x-abcdef")]
    [InlineData("ssm:/every*thing", "arn:aws:ssm:us-east-1:123456789012:parameter/every${*}thing")]
    public void A_reference_gives_the_right_to_read_that_value_and_no_other(string reference, string resource) =>
        Assert.Equal([resource], (Scope() with { Secrets = [reference] }).Policy(RunctlPolicyFor.Instance).Statements.Where(one => one.Sid is "ReadParameters" or "ReadSecrets").SelectMany(one => one.Resources));

    [Fact]
    public void The_settings_decide_bucket_prefixes_account_role_and_secrets()
    {
        var json = Scope().Policy(RunctlPolicyFor.Person).Json + Scope().Policy(RunctlPolicyFor.Instance).Json;
        foreach (var name in new[] { "arn:aws:iam::123456789012:role/Trainer", "parameter/hooks/chat", "parameter/wandb/key", "secret:team/token-", "a-bucket-with-a-name-of-some-length/checkpoints/spot-interruptions/*" })
        {
            Assert.Contains(name, json, StringComparison.Ordinal);
        }

        Assert.DoesNotMatch("\\{[a-z_]+\\}", json);
        Assert.DoesNotContain("kms:", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cn-north-1", "arn:aws-cn:s3:::")]
    [InlineData("us-gov-west-1", "arn:aws-us-gov:s3:::")]
    [InlineData("eusc-de-east-1", "arn:aws-eusc:s3:::")]
    [InlineData("us-isob-east-1", "arn:aws-iso-b:s3:::")]
    public void The_region_decides_the_partition(string region, string begins) =>
        Assert.Contains(begins, PolicyScope.Of(Settings with { Region = region })!.Policy(RunctlPolicyFor.Person).Json, StringComparison.Ordinal);

    [Fact]
    public void A_policy_fits_into_a_managed_policy_of_IAM() => Assert.All(Enum.GetValues<RunctlPolicyFor>(), side =>
    {
        var json = (Scope() with { KmsKeys = ["arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"] }).Policy(side).Json;
        using var document = JsonDocument.Parse(json);
        Assert.InRange(JsonSerializer.Serialize(document).Length, 1, MostCharacters);
    });

    [Fact]
    public void Any_instance_may_be_worked_with_if_that_is_asked_for()
    {
        var any = (Scope() with { AnyInstance = true }).Policy(RunctlPolicyFor.Person);
        Assert.All(any.Statements.Where(one => one.Sid is "StopAndStart" or "CommandInstance" or "CancelRequest"), one => Assert.Empty(one.Conditions));
        Assert.NotEmpty(any.Statements.Single(one => one.Sid == "UseTemplate").Conditions);
    }

    private static PolicyScope Scope() => PolicyScope.Of(Settings)!;
}
