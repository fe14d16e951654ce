using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Policies;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Policies;

/// <summary>Shows the least policies that Runctl needs: of the role of the instances, and of the person that runs the cmdlets.</summary>
/// <remarks>The names in them come from the settings in force and from parameters; AWS is not asked. A region or account that is not known is *: give -Region and -Account to narrow it. Settings under [training.environment] and [alerts] that refer to SSM or Secrets Manager, and -Secret, add the right to read those values, and no others. The sandbox enforces the same policies, and Runctl is tested under them. -CloudFormation returns a template of the same list with a role, its instance profile, a bucket with lifecycle rules and the policy of the person. The module has it as runctl.template.json.</remarks>
/// <example runs="true">
/// <code>Get-RunctlPolicy -S3Bucket my-bucket -Account 123456789012 -Region us-east-1 -IamInstanceProfile Runctl</code>
/// <para>Shows both policies; each statement says what it is for.</para>
/// </example>
/// <example>
/// <code>Get-RunctlPolicy -For Person -AsJson | Set-Content person.json; aws iam create-policy --policy-name RunctlPerson --policy-document file://person.json</code>
/// <para>Makes the policy of the person.</para>
/// </example>
/// <example>
/// <code>Get-RunctlPolicy -CloudFormation | Set-Content runctl.template.json; aws cloudformation deploy --template-file runctl.template.json --stack-name runctl --capabilities CAPABILITY_NAMED_IAM</code>
/// <para>Makes role, instance profile, bucket and the policy of the person in one step.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlPolicy", DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(RunctlPolicy), typeof(string))]
public sealed class GetRunctlPolicyCommand : RunctlCmdlet
{
    private const string ObjectSet = "Policy";
    private const string TemplateSet = "CloudFormation";

    /// <summary>Instance for the role of the instances, Person for the user of the cmdlets. Default: both.</summary>
    [Parameter(Position = 0, ParameterSetName = ObjectSet)]
    public RunctlPolicyFor[] For { get; set; } = [RunctlPolicyFor.Instance, RunctlPolicyFor.Person];

    /// <summary>Bucket for checkpoints, orders and records. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ParameterSetName = ObjectSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>Prefix of checkpoints in the bucket. Default: <c>s3_prefix</c> in .runctl.toml, then checkpoints/spot-interruptions.</summary>
    [Parameter(ParameterSetName = ObjectSet, ValueFromPipelineByPropertyName = true)]
    public string? S3Prefix { get; set; }

    /// <summary>Prefix of orders and records in the bucket. Default: <c>run_prefix</c> in .runctl.toml, then checkpoints/runctl.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    public string? RunPrefix { get; set; }

    /// <summary>Instance profile of new instances, by name or ARN. Its role is taken to have the same name. Default: <c>iam_instance_profile</c> in .runctl.toml.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [ArgumentCompleter(typeof(InstanceProfileCompleter))]
    public string? IamInstanceProfile { get; set; }

    /// <summary>Name of the role of the instance profile. Default: the name of the instance profile.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateNotNullOrEmpty]
    public string? RoleName { get; set; }

    /// <summary>The twelve digits of the account. Default: that of the instance profile's ARN, else any.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidatePattern("^[0-9]{12}$")]
    public string? Account { get; set; }

    /// <summary>References to values that trainings read beside those of the settings: ssm:/name or secretsmanager:name, also with an ARN.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidatePattern("^(ssm|secretsmanager):.")]
    public string[] Secret { get; set; } = [];

    /// <summary>Keys of KMS that encrypt the bucket or the values referred to, as ids or ARNs, beside <c>s3_kms_key_id</c> in .runctl.toml; none for keys of AWS.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateNotNullOrEmpty]
    public string[] KmsKeyId { get; set; } = [];

    /// <summary>Lets the person work with instances that Runctl did not launch: attach, stop, start, remove, tag and send commands.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter AnyInstance { get; set; }

    /// <summary>Returns the documents as JSON.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter AsJson { get; set; }

    /// <summary>Returns a CloudFormation template instead, as JSON; its parameters take the place of the settings.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TemplateSet)]
    public SwitchParameter CloudFormation { get; set; }

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
        settings[nameof(RunctlConfiguration.S3Prefix)] = NullIfEmpty(S3Prefix);
        settings[nameof(RunctlConfiguration.RunPrefix)] = NullIfEmpty(RunPrefix);
        settings[nameof(RunctlConfiguration.IamInstanceProfile)] = NullIfEmpty(IamInstanceProfile);
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (CloudFormation)
        {
            WriteObject(PolicyTemplate.Write());
            return Task.CompletedTask;
        }

        var scope = PolicyScope.Of(ReadConfiguration()) ?? throw CommandErrors.PolicyBucketMissing();
        scope = scope with
        {
            Account = Account ?? scope.Account,
            Role = RoleName ?? scope.Role,
            Secrets = [.. scope.Secrets.Union(Secret, StringComparer.Ordinal)],
            KmsKeys = [.. scope.KmsKeys.Union(KmsKeyId, StringComparer.Ordinal)],
            AnyInstance = AnyInstance,
        };
        foreach (var policy in For.Distinct().Select(scope.Policy))
        {
            WriteObject(AsJson ? policy.Json : policy);
        }

        return Task.CompletedTask;
    }
}
