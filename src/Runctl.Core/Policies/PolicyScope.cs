using System.Text;
using System.Text.RegularExpressions;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Runs;

namespace Runctl.Policies;

/// <summary>Whose policies: the names that go into the list. A part that is not known is <c>*</c>.</summary>
internal sealed record PolicyScope
{
    private const string Any = "*";

    /// <summary>aws, aws-cn, aws-us-gov or another partition.</summary>
    public string Partition { get; init; } = "aws";

    /// <summary>The twelve digits of the account.</summary>
    public string Account { get; init; } = Any;

    /// <summary>The region.</summary>
    public string Region { get; init; } = Any;

    /// <summary>The bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>Prefix of checkpoints.</summary>
    public required string Prefix { get; init; }

    /// <summary>Prefix of orders and records.</summary>
    public required string RunPrefix { get; init; }

    /// <summary>Name of the role of the instances.</summary>
    public string Role { get; init; } = Any;

    /// <summary>References to values kept elsewhere: <c>ssm:/name</c>, <c>secretsmanager:name</c>, either with an ARN instead.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Keys of KMS, as ids, aliases' target ids or ARNs.</summary>
    public IReadOnlyList<string> KmsKeys { get; init; } = [];

    /// <summary>Whether the person works with instances too that Runctl did not launch.</summary>
    public bool AnyInstance { get; init; }

    /// <summary>As the settings have it; null without a bucket.</summary>
    public static PolicyScope? Of(RunctlConfiguration configuration) => StoreReference.Of(configuration) is not { } store ? null : new()
    {
        Partition = PartitionOf(configuration.Region),
        Region = configuration.Region ?? Any,
        Account = AccountOf(configuration.IamInstanceProfile) ?? Any,
        Bucket = store.Bucket,
        Prefix = store.Prefix,
        RunPrefix = store.RunPrefix,
        Role = configuration.IamInstanceProfile is { } profile ? profile[(profile.LastIndexOf('/') + 1)..] : Any,
        KmsKeys = store.KmsKeyId is { } key ? [key] : [],
        Secrets = [.. configuration.TrainingEnvironment.Values.Append(configuration.WebhookUrl ?? "").Where(SecretReference.Is).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
    };

    /// <summary>The partition that a region belongs to.</summary>
    public static string PartitionOf(string? region) => region switch
    {
        null => "aws",
        _ when region.StartsWith("cn-", StringComparison.Ordinal) => "aws-cn",
        _ when region.StartsWith("us-gov-", StringComparison.Ordinal) => "aws-us-gov",
        _ when region.StartsWith("us-iso-", StringComparison.Ordinal) => "aws-iso",
        _ when region.StartsWith("us-isob-", StringComparison.Ordinal) => "aws-iso-b",
        _ when region.StartsWith("eu-isoe-", StringComparison.Ordinal) => "aws-iso-e",
        _ when region.StartsWith("us-isof-", StringComparison.Ordinal) => "aws-iso-f",
        _ when region.StartsWith("eusc-", StringComparison.Ordinal) => "aws-eusc",
        _ => "aws",
    };

    /// <summary>The policy of one side.</summary>
    public RunctlPolicy Policy(RunctlPolicyFor side) => new()
    {
        For = side,
        Name = side == RunctlPolicyFor.Instance ? "RunctlInstance" : "RunctlPerson",
        S3Bucket = Bucket,
        Statements = [.. PolicyList.Rules.Where(rule => rule.For == side).Select(Statement).OfType<RunctlPolicyStatement>()],
    };

    /// <summary>The documents of one side for several buckets, one each.</summary>
    public IReadOnlyList<string> Documents(RunctlPolicyFor side, IEnumerable<string> buckets) => [.. buckets.Select(bucket => (this with { Bucket = bucket }).Policy(side).Json)];

    /// <summary>A rule with the names of this scope; null for one about secrets or keys that are not there.</summary>
    private RunctlPolicyStatement? Statement(PolicyRule rule)
    {
        var resources = rule.Resources.SelectMany(Expand).ToList();
        return resources.Count == 0 ? null : new RunctlPolicyStatement
        {
            Sid = rule.Sid,
            Actions = rule.Actions,
            Resources = resources,
            Conditions = PolicyConditions.Of(rule, AnyInstance, Fill),
            Why = rule.Why,
        };
    }

    private IEnumerable<string> Expand(string template) => template switch
    {
        "{ssm_parameters}" => Secrets.Where(secret => secret.StartsWith("ssm:", StringComparison.Ordinal)).Select(secret => Parameter(secret["ssm:".Length..])),
        "{secrets}" => Secrets.Where(secret => secret.StartsWith("secretsmanager:", StringComparison.Ordinal)).Select(secret => Secret(secret["secretsmanager:".Length..])),
        "{kms_keys}" => KmsKeys.Select(key => key.Contains("alias/", StringComparison.Ordinal) ? throw RunctlErrors.KmsAlias(key) : key.StartsWith("arn:", StringComparison.Ordinal) ? key : Fill($"arn:{{partition}}:kms:{{region}}:{{account}}:key/{key}")),
        _ => [Fill(template)],
    };

    private string Parameter(string name) => name.StartsWith("arn:", StringComparison.Ordinal) ? name
        : Fill("arn:{partition}:ssm:{region}:{account}:parameter/") + Literal(name.Split(':')[0].TrimStart('/'));

    /// <summary>Secrets Manager adds a hyphen and six characters to a name.</summary>
    private string Secret(string name) => !name.StartsWith("arn:", StringComparison.Ordinal) ? Fill("arn:{partition}:secretsmanager:{region}:{account}:secret:") + Literal(name) + "-??????"
        : name.Split(':') is { Length: > 7 } parts ? string.Join(':', parts[..7]) : name;

    private string Fill(string template)
    {
        // In one pass: a value may look like a name.
        return Regex.Replace(template, "{(partition|region|account|bucket|prefix|run_prefix|role)}", match => match.Groups[1].Value switch
        {
            "partition" => Partition,
            "region" => Region,
            "account" => Account,
            "bucket" => Bucket == Any ? Any : Literal(Bucket),
            "prefix" => Literal(Prefix),
            "run_prefix" => Literal(RunPrefix),
            _ => Role == Any ? Any : Literal(Role),
        });
    }

    /// <summary>A name in which a wildcard is a character like others.</summary>
    private static string Literal(string name)
    {
        var text = new StringBuilder();
        foreach (var one in name)
        {
            _ = one is '*' or '?' or '$' ? text.Append("${").Append(one).Append('}') : text.Append(one);
        }

        return text.ToString();
    }

    private static string? AccountOf(string? arn) => arn?.Split(':') is { Length: > 5 } parts && parts[4].Length > 0 ? parts[4] : null;
}
