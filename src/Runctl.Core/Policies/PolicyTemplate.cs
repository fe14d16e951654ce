using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runctl.Configuration;

namespace Runctl.Policies;

/// <summary>The CloudFormation template: role, instance profile, bucket and the policy of the person, of the same list as the policies.</summary>
internal static class PolicyTemplate
{
    private const int UnfinishedUploadDays = 7;
    private const int OldRunDays = 365;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Names in braces of the list, as CloudFormation writes them.</summary>
    private static readonly (string Name, string Value)[] Names =
    [
        ("{partition}", "${AWS::Partition}"), ("{region}", "${AWS::Region}"), ("{account}", "${AWS::AccountId}"),
        ("{bucket}", "${Bucket}"), ("{prefix}", "${S3Prefix}"), ("{run_prefix}", "${RunPrefix}"), ("{role}", "${Role}"),
    ];

    /// <summary>Resources of the list that are a parameter of the template, which may be empty.</summary>
    private static readonly Dictionary<string, (string Parameter, string Condition)> Optional = new(StringComparer.Ordinal)
    {
        ["{ssm_parameters}"] = ("SsmParameterArns", "HasSsmParameters"),
        ["{secrets}"] = ("SecretArns", "HasSecrets"),
        ["{kms_keys}"] = ("KmsKeyArn", "HasKmsKey"),
    };

    /// <summary>The template as JSON.</summary>
    public static string Write() => Template().ToJsonString(Indented);

    private static JsonObject Template() => new()
    {
        ["AWSTemplateFormatVersion"] = "2010-09-09",
        ["Description"] = "Runctl: the role and instance profile of its instances, its bucket, and the policy of a person. Get-RunctlPolicy -CloudFormation writes it.",
        ["Parameters"] = Parameters(),
        // Rules cannot look into a text. Test-RunctlSetup finds a prefix that lies in the other.
        ["Rules"] = new JsonObject
        {
            ["PrefixesDiffer"] = new JsonObject
            {
                ["Assertions"] = new JsonArray(new JsonObject
                {
                    ["Assert"] = new JsonObject { ["Fn::Not"] = new JsonArray(new JsonObject { ["Fn::Equals"] = new JsonArray(Ref("S3Prefix"), Ref("RunPrefix")) }) },
                    ["AssertDescription"] = "S3Prefix and RunPrefix must differ, and neither may contain the other: the role of the instances writes below S3Prefix, and could rewrite orders.",
                }),
            },
        },
        ["Conditions"] = new JsonObject
        {
            ["HasBucketName"] = Given(Ref("BucketName")),
            ["HasSsmParameters"] = Given(Join("SsmParameterArns")),
            ["HasSecrets"] = Given(Join("SecretArns")),
            ["HasKmsKey"] = Given(Ref("KmsKeyArn")),
        },
        ["Resources"] = new JsonObject
        {
            ["Bucket"] = Bucket(),
            ["Role"] = Role(),
            ["RolePolicy"] = Resource("AWS::IAM::RolePolicy", new()
            {
                ["RoleName"] = Ref("Role"),
                ["PolicyName"] = "RunctlInstance",
                ["PolicyDocument"] = Document(RunctlPolicyFor.Instance),
            }),
            ["InstanceProfile"] = Resource("AWS::IAM::InstanceProfile", new() { ["InstanceProfileName"] = Ref("RoleName"), ["Roles"] = new JsonArray(Ref("Role")) }),
            ["PersonPolicy"] = Resource("AWS::IAM::ManagedPolicy", new()
            {
                ["Description"] = "What a person needs to run the cmdlets of Runctl",
                ["PolicyDocument"] = Document(RunctlPolicyFor.Person),
            }),
        },
        ["Outputs"] = new JsonObject
        {
            ["S3Bucket"] = Output("The setting s3_bucket", Ref("Bucket")),
            ["IamInstanceProfile"] = Output("The setting iam_instance_profile", Ref("InstanceProfile")),
            ["PersonPolicyArn"] = Output("Attach it to the users, groups or roles that run the cmdlets", Ref("PersonPolicy")),
        },
    };

    private static JsonObject Parameters()
    {
        var defaults = new RunctlConfiguration();
        return new JsonObject
        {
            ["BucketName"] = Parameter("String", "", "Name of the bucket; empty for a name of CloudFormation's choice"),
            ["S3Prefix"] = Prefix(defaults.S3Prefix, "Prefix of checkpoints, as the setting s3_prefix; it must not contain RunPrefix"),
            ["RunPrefix"] = Prefix(defaults.RunPrefix, "Prefix of orders and records, as the setting run_prefix; it must not contain S3Prefix"),
            ["RoleName"] = Parameter("String", "Runctl", "Name of the role and of its instance profile"),
            ["KmsKeyArn"] = Parameter("String", "", "ARN of a KMS key that encrypts the bucket; empty for the key of S3"),
            ["SsmParameterArns"] = Parameter("CommaDelimitedList", "", "ARNs of the parameters that settings refer to with ssm:"),
            ["SecretArns"] = Parameter("CommaDelimitedList", "", "ARNs of the secrets that settings refer to with secretsmanager:"),
            ["UnfinishedUploadDays"] = Parameter("Number", UnfinishedUploadDays, "Days after which S3 removes an upload that was never finished"),
            ["OldRunDays"] = Parameter("Number", OldRunDays, "Days after which S3 removes records, events and logs of a run; longer than any run takes"),
        };
    }

    private static JsonObject Bucket()
    {
        var bucket = Resource("AWS::S3::Bucket", new()
        {
            ["BucketName"] = If("HasBucketName", Ref("BucketName"), Nothing()),
            ["PublicAccessBlockConfiguration"] = new JsonObject
            {
                ["BlockPublicAcls"] = true, ["BlockPublicPolicy"] = true, ["IgnorePublicAcls"] = true, ["RestrictPublicBuckets"] = true,
            },
            ["OwnershipControls"] = new JsonObject { ["Rules"] = new JsonArray(new JsonObject { ["ObjectOwnership"] = "BucketOwnerEnforced" }) },
            ["BucketEncryption"] = new JsonObject
            {
                ["ServerSideEncryptionConfiguration"] = new JsonArray(new JsonObject
                {
                    ["BucketKeyEnabled"] = If("HasKmsKey", true, Nothing()),
                    ["ServerSideEncryptionByDefault"] = If("HasKmsKey",
                        new JsonObject { ["SSEAlgorithm"] = "aws:kms", ["KMSMasterKeyID"] = Ref("KmsKeyArn") },
                        new JsonObject { ["SSEAlgorithm"] = "AES256" }),
                }),
            },
            ["LifecycleConfiguration"] = new JsonObject
            {
                ["Rules"] = new JsonArray(
                    new JsonObject
                    {
                        ["Id"] = "UnfinishedUploads", ["Status"] = "Enabled",
                        ["AbortIncompleteMultipartUpload"] = new JsonObject { ["DaysAfterInitiation"] = Ref("UnfinishedUploadDays") },
                    },
                    Expire("OldRuns", "${RunPrefix}/runs/"),
                    Expire("OldIndex", "${RunPrefix}/index/")),
            },
        });
        bucket["DeletionPolicy"] = "Retain";
        bucket["UpdateReplacePolicy"] = "Retain";
        return bucket;
    }

    private static JsonObject Expire(string id, string prefix) => new()
    {
        ["Id"] = id, ["Status"] = "Enabled", ["Prefix"] = new JsonObject { ["Fn::Sub"] = prefix }, ["ExpirationInDays"] = Ref("OldRunDays"),
    };

    private static JsonObject Role() => Resource("AWS::IAM::Role", new()
    {
        ["RoleName"] = Ref("RoleName"),
        ["AssumeRolePolicyDocument"] = new JsonObject
        {
            ["Version"] = "2012-10-17",
            ["Statement"] = new JsonArray(new JsonObject
            {
                ["Effect"] = "Allow",
                ["Principal"] = new JsonObject { ["Service"] = new JsonObject { ["Fn::Sub"] = "ec2.${AWS::URLSuffix}" } },
                ["Action"] = "sts:AssumeRole",
            }),
        },
    });

    private static JsonObject Document(RunctlPolicyFor side) => new()
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray([.. PolicyList.Rules.Where(rule => rule.For == side).Select(Statement)]),
    };

    private static JsonNode Statement(PolicyRule rule)
    {
        var parameter = rule.Resources.Count == 1 && Optional.TryGetValue(rule.Resources[0], out var found) ? found : ((string Parameter, string Condition)?)null;
        var statement = RunctlPolicy.Statement(
            new RunctlPolicyStatement { Sid = rule.Sid, Actions = rule.Actions, Resources = rule.Resources, Conditions = PolicyConditions.Of(rule, anyInstance: false, text => text), Why = rule.Why }, Value);
        return parameter is { } one ? If(one.Condition, statement, Nothing()) : statement;
    }

    private static JsonNode Value(string template)
    {
        if (Optional.TryGetValue(template, out var parameter))
        {
            return Ref(parameter.Parameter);
        }

        var text = Names.Aggregate(template, (filled, name) => filled.Replace(name.Name, name.Value, StringComparison.Ordinal));
        return text == template ? text : new JsonObject { ["Fn::Sub"] = text };
    }

    private static JsonObject Resource(string type, JsonObject properties) => new() { ["Type"] = type, ["Properties"] = properties };

    private static JsonObject Parameter(string type, JsonNode value, string description) => new() { ["Type"] = type, ["Default"] = value, ["Description"] = description };

    /// <summary>A prefix: policies add slashes, and read * and ? as wildcards and ${ as a variable.</summary>
    private static JsonObject Prefix(string value, string description)
    {
        var parameter = Parameter("String", value, description);
        parameter["AllowedPattern"] = "[^/*?$]+(/[^/*?$]+)*";
        parameter["ConstraintDescription"] = "must be names with single slashes between them, such as checkpoints/runctl, without *, ? and $";
        return parameter;
    }

    private static JsonObject Output(string description, JsonObject value) => new() { ["Description"] = description, ["Value"] = value };

    private static JsonObject Ref(string name) => new() { ["Ref"] = name };

    private static JsonObject Join(string parameter) => new() { ["Fn::Join"] = new JsonArray("", Ref(parameter)) };

    private static JsonObject Given(JsonNode value) => new() { ["Fn::Not"] = new JsonArray(new JsonObject { ["Fn::Equals"] = new JsonArray(value, "") }) };

    private static JsonObject If(string condition, JsonNode then, JsonNode otherwise) => new() { ["Fn::If"] = new JsonArray(condition, then, otherwise) };

    private static JsonObject Nothing() => Ref("AWS::NoValue");
}
