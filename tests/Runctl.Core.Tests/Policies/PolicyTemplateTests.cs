using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Runctl.Configuration;
using Runctl.Policies;

namespace Runctl.Core.Tests.Policies;

/// <summary>The CloudFormation template: whole, and the same as the policies.</summary>
public sealed partial class PolicyTemplateTests
{
    private static readonly string[] Pseudo = ["AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"];
    private static readonly string[] Functions = ["Fn::Equals", "Fn::If", "Fn::Join", "Fn::Not", "Fn::Sub"];
    private static readonly JsonObject Template = JsonNode.Parse(PolicyTemplate.Write())!.AsObject();

    [Fact]
    public void It_has_the_sections_of_a_template_and_each_resource_a_type_with_properties()
    {
        Assert.Equal("2010-09-09", (string?)Template["AWSTemplateFormatVersion"]);
        Assert.Empty(Template.Select(section => section.Key).Except(["AWSTemplateFormatVersion", "Description", "Parameters", "Rules", "Conditions", "Resources", "Outputs"]));
        Assert.All(Section("Resources"), one => Assert.Matches("^AWS::(S3::Bucket|IAM::(Role|RolePolicy|InstanceProfile|ManagedPolicy))$", (string)one.Value!["Type"]!));
        Assert.All(Section("Resources"), one => Assert.NotEmpty(one.Value!["Properties"]!.AsObject()));
        Assert.All(Section("Parameters"), one => Assert.Contains((string)one.Value!["Type"]!, (string[])["String", "Number", "CommaDelimitedList"]));
        Assert.All(Section("Outputs"), one => Assert.NotNull(one.Value!["Value"]));
        Assert.All(Template.Where(one => one.Value is JsonObject).SelectMany(one => one.Value!.AsObject()), one => Assert.Matches("^[A-Za-z0-9]{1,255}$", one.Key));
        Assert.InRange(PolicyTemplate.Write().Length, 1, 51_200);
    }

    [Fact]
    public void Every_reference_and_condition_is_there_and_every_parameter_is_used()
    {
        var named = Section("Parameters").Concat(Section("Resources")).Select(one => one.Key).Concat(Pseudo).ToHashSet();
        var used = new HashSet<string>();
        foreach (var (name, value) in Nodes(Template))
        {
            foreach (var reference in name switch
            {
                "Ref" => [(string)value!],
                "Fn::Sub" => Substituted().Matches((string)value!).Select(match => match.Groups[1].Value),
                _ => Enumerable.Empty<string>(),
            })
            {
                Assert.Contains(reference, named);
                used.Add(reference);
            }

            if (name == "Fn::If")
            {
                Assert.Contains((string)value![0]!, Section("Conditions").Select(one => one.Key));
                used.Add((string)value[0]!);
            }
            else if (name.StartsWith("Fn::", StringComparison.Ordinal))
            {
                Assert.Contains(name, Functions);
            }
        }

        Assert.Empty(Section("Parameters").Concat(Section("Conditions")).Select(one => one.Key).Except(used));
    }

    [Theory]
    [InlineData(RunctlPolicyFor.Instance, "RolePolicy", false)]
    [InlineData(RunctlPolicyFor.Instance, "RolePolicy", true)]
    [InlineData(RunctlPolicyFor.Person, "PersonPolicy", false)]
    [InlineData(RunctlPolicyFor.Person, "PersonPolicy", true)]
    public void Its_policies_are_those_of_the_list(RunctlPolicyFor side, string resource, bool withSecrets)
    {
        var names = new Dictionary<string, string>
        {
            ["AWS::Partition"] = "aws", ["AWS::Region"] = "us-east-1", ["AWS::AccountId"] = "123456789012", ["Bucket"] = "b", ["S3Prefix"] = "ck", ["RunPrefix"] = "rc", ["Role"] = "R",
            ["KmsKeyArn"] = "arn:aws:kms:us-east-1:123456789012:key/k", ["SsmParameterArns"] = "arn:aws:ssm:us-east-1:123456789012:parameter/p", ["SecretArns"] = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-abcdef",
        };
        var scope = new PolicyScope
        {
            Bucket = "b", Prefix = "ck", RunPrefix = "rc", Account = "123456789012", Region = "us-east-1", Role = "R",
            Secrets = withSecrets ? ["ssm:" + names["SsmParameterArns"], "secretsmanager:" + names["SecretArns"]] : [], KmsKeys = withSecrets ? [names["KmsKeyArn"]] : [],
        };
        var written = Resolve(Template["Resources"]![resource]!["Properties"]!["PolicyDocument"]!, names, withSecrets)!;
        Assert.Equal(JsonNode.Parse(scope.Policy(side).Json)!.ToJsonString(), written.ToJsonString());
    }

    [Theory]
    [InlineData("checkpoints/runctl", true)]
    [InlineData("a", true)]
    [InlineData("team a/run-1", true)]
    [InlineData("", false)]
    [InlineData("/", false)]
    [InlineData("/checkpoints", false)]
    [InlineData("checkpoints/", false)]
    [InlineData("a//b", false)]
    [InlineData("a*", false)]
    [InlineData("a/${aws:username}", false)]
    public void A_prefix_is_taken_only_in_the_form_that_the_policies_need(string prefix, bool isTaken)
    {
        foreach (var name in new[] { "S3Prefix", "RunPrefix" })
        {
            // CloudFormation matches the whole value.
            Assert.Equal(isTaken, Regex.IsMatch(prefix, $@"\A(?:{(string)Template["Parameters"]![name]!["AllowedPattern"]!})\z"));
            Assert.Matches($@"\A(?:{(string)Template["Parameters"]![name]!["AllowedPattern"]!})\z", (string)Template["Parameters"]![name]!["Default"]!);
        }
    }

    [Fact]
    public void Equal_prefixes_are_refused_by_a_rule()
    {
        var assertion = Template["Rules"]!["PrefixesDiffer"]!["Assertions"]![0]!;
        Assert.Equal("""{"Fn::Not":[{"Fn::Equals":[{"Ref":"S3Prefix"},{"Ref":"RunPrefix"}]}]}""", assertion["Assert"]!.ToJsonString());
        Assert.Contains("neither may contain the other", (string)assertion["AssertDescription"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bucket_is_private_encrypted_kept_and_cleans_up()
    {
        var bucket = Template["Resources"]!["Bucket"]!;
        Assert.Equal("Retain", (string?)bucket["DeletionPolicy"]);
        var properties = bucket["Properties"]!;
        Assert.All(properties["PublicAccessBlockConfiguration"]!.AsObject(), one => Assert.True((bool)one.Value!));
        Assert.Equal(4, properties["PublicAccessBlockConfiguration"]!.AsObject().Count);
        Assert.NotNull(properties["BucketEncryption"]);
        Assert.Null(properties["VersioningConfiguration"]);
        Assert.Equal(["UnfinishedUploads", "OldRuns", "OldIndex"], properties["LifecycleConfiguration"]!["Rules"]!.AsArray().Select(rule => (string)rule!["Id"]!));
        Assert.Equal(new RunctlConfiguration().RunPrefix, (string?)Template["Parameters"]!["RunPrefix"]!["Default"]);
        Assert.Equal(new RunctlConfiguration().S3Prefix, (string?)Template["Parameters"]!["S3Prefix"]!["Default"]);
    }

    private static JsonObject Section(string name) => Template[name]!.AsObject();

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Nodes(JsonNode? node) => node switch
    {
        JsonObject members => members.Concat(members.SelectMany(one => Nodes(one.Value))),
        JsonArray items => items.SelectMany(Nodes),
        _ => [],
    };

    /// <summary>As CloudFormation resolves it; null is AWS::NoValue.</summary>
    private static JsonNode? Resolve(JsonNode node, Dictionary<string, string> names, bool condition) => node switch
    {
        JsonObject one when one["Ref"] is { } name => (string)name! == "AWS::NoValue" ? null : names[(string)name!],
        JsonObject one when one["Fn::Sub"] is { } text => Substituted().Replace((string)text!, match => names[match.Groups[1].Value]),
        JsonObject one when one["Fn::If"] is { } choice => Resolve(choice[condition ? 1 : 2]!, names, condition),
        JsonObject members => new JsonObject(members.Select(one => KeyValuePair.Create(one.Key, Resolve(one.Value!, names, condition)))),
        JsonArray items => new JsonArray([.. items.Select(item => Resolve(item!, names, condition)).Where(item => item is not null)]),
        _ => node.DeepClone(),
    };

    [GeneratedRegex(@"\$\{([A-Za-z0-9:]+)\}")]
    private static partial Regex Substituted();
}
