namespace Runctl.Errors;

/// <summary>What an error code of EC2, SSM, S3 or STS means, and what can help. What only a launch knows is in <see cref="Instances.LaunchRefusal"/>.</summary>
/// <param name="Code">The error code; with a star at its end, the beginning of it; with one at its beginning, the end of it.</param>
/// <param name="Words">A word that the message has to have, or null: some codes stand for many things.</param>
/// <param name="Kind">The error's kind.</param>
/// <param name="Action">What can help, or null if the message itself says what to correct.</param>
/// <param name="IsTransient">Whether the same call may succeed later.</param>
internal sealed record ServiceRefusal(string Code, string? Words, ErrorKind Kind, string? Action, bool IsTransient = false)
{
    private const string Quota = "End other instances, or ask for more in Service Quotas: https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas";

    private const string Capacity = "Try more instance types (-InstanceType takes several), more zones, -OnDemandFallback, or later.";

    private const string NewLogin = "Log in again. For SSO: aws sso login --profile NAME. For role keys in the environment: get new ones.";

    private const string WrongKeys = "Check the credentials: aws sts get-caller-identity shows whose they are. Name a profile with -ProfileName, or correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";

    private const string NotAllowed = "The policy of these credentials must allow this call. " + RunctlErrors.PersonPolicyAction + " For instances that Runctl did not launch add -AnyInstance.";

    private const string NotManaged = "Check that the instance runs (Get-RunctlInstance), that its SSM agent is online, and that its profile has the policy of the role. " + RunctlErrors.RolePolicyAction;

    private const string Rate = "AWS limits the rate of calls. Try again in a moment.";

    private const string Key = "Check the KMS key: aws kms describe-key --key-id KEY. Enable it, or set another one as s3_kms_key_id under [aws] in .runctl.toml.";

    private const string Region = "Use the region of the bucket: with -Region, or region under [aws] in .runctl.toml.";

    /// <summary>The refusals that are known. The first that fits counts.</summary>
    public static IReadOnlyList<ServiceRefusal> All { get; } =
    [
        new("AuthFailure.ServiceLinkedRoleCreationNotPermitted", null, ErrorKind.PermissionDenied, "The account has never used spot instances. An administrator runs once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"),
        new("ExpiredToken*", null, ErrorKind.Authentication, NewLogin),
        new("RequestExpired", null, ErrorKind.Authentication, NewLogin + " If they are new, set the clock of this machine."),
        new("TokenRefreshRequired", null, ErrorKind.Authentication, NewLogin),
        new("RequestTimeTooSkewed", null, ErrorKind.Authentication, "Set the clock of this machine: it differs from that of AWS by more than 15 minutes."),
        new("SignatureDoesNotMatch", "Signature expired", ErrorKind.Authentication, "Set the clock of this machine."),
        new("AuthFailure", null, ErrorKind.Authentication, WrongKeys),
        new("InvalidClientTokenId", null, ErrorKind.Authentication, WrongKeys),
        new("UnrecognizedClientException", null, ErrorKind.Authentication, WrongKeys),
        new("InvalidAccessKeyId", null, ErrorKind.Authentication, WrongKeys),
        new("SignatureDoesNotMatch", null, ErrorKind.Authentication, WrongKeys),
        new("InvalidSignatureException", null, ErrorKind.Authentication, WrongKeys),
        new("IncompleteSignature", null, ErrorKind.Authentication, "Check that -Region is the region of the endpoint. " + WrongKeys),
        new("OptInRequired", null, ErrorKind.PermissionDenied, "Enable the region for the account (aws account enable-region --region-name REGION), or finish the account's registration."),
        new("Blocked", null, ErrorKind.PermissionDenied, "Ask AWS Support."),
        new("PendingVerification", null, ErrorKind.PermissionDenied, "Try again when AWS has sent its message, within four hours as a rule.", IsTransient: true),
        new("UnauthorizedOperation", null, ErrorKind.PermissionDenied, NotAllowed),
        new("AccessDenied*", null, ErrorKind.PermissionDenied, NotAllowed),
        new("Forbidden", null, ErrorKind.PermissionDenied, NotAllowed),
        new("AllAccessDisabled", null, ErrorKind.PermissionDenied, "Use another bucket: AWS has disabled this one."),
        new("OperationNotPermitted", "isableApiTermination", ErrorKind.InvalidState, "The instance is protected. To allow its removal: aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID"),
        new("OperationNotPermitted", null, ErrorKind.InvalidState, null),
        new("MaxSpotInstanceCountExceeded", null, ErrorKind.ResourceUnavailable, "The account's spot quota is used up. An instance that was just interrupted counts until it is gone. " + Quota, IsTransient: true),
        new("VcpuLimitExceeded", null, ErrorKind.ResourceUnavailable, "The account's quota of vCPUs is used up. " + Quota, IsTransient: true),
        new("InstanceLimitExceeded", null, ErrorKind.ResourceUnavailable, "The account's quota of instances is used up. " + Quota, IsTransient: true),
        new("SpotMaxPriceTooLow", null, ErrorKind.InvalidInput, "Raise -MaxPrice (spot_max_price under [aws] in .runctl.toml), or leave it out: the on-demand price is the limit then, and interruptions are fewer."),
        new("InsufficientFreeAddressesInSubnet", null, ErrorKind.ResourceUnavailable, "Use subnets that have free addresses, with -SubnetId or subnet_ids under [aws] in .runctl.toml.", IsTransient: true),
        new("Insufficient*", null, ErrorKind.ResourceUnavailable, Capacity, IsTransient: true),
        new("UnfulfillableCapacity", null, ErrorKind.ResourceUnavailable, Capacity, IsTransient: true),
        new("InvalidInstanceID.*", null, ErrorKind.NotFound, "Check the id and the region. Get-RunctlInstance lists the instances."),
        new("IncorrectInstanceState", null, ErrorKind.InvalidState, "Get-RunctlInstance shows the state of the instance. Wait until it is running or stopped."),
        new("IncorrectState", null, ErrorKind.InvalidState, null),
        new("InvalidSpotInstanceRequestID.*", null, ErrorKind.NotFound, "Launch another instance with New-RunctlSpotInstance."),
        new("IdempotentParameterMismatch", null, ErrorKind.Conflict, null),
        new("UnsupportedOperation", null, ErrorKind.InvalidInput, null),
        new("InvalidInstanceId", null, ErrorKind.InvalidState, NotManaged),
        new("TargetNotConnected", null, ErrorKind.InvalidState, NotManaged),
        new("UnsupportedPlatformType", null, ErrorKind.NotSupported, "Use a Linux image: -ImageId, or ami under [aws] in .runctl.toml."),
        new("InvalidDocument*", null, ErrorKind.NotFound, "Use a region that has the SSM document AWS-RunShellScript."),
        new("MaxDocumentSizeExceeded", null, ErrorKind.InvalidInput, "Configure a bucket (s3_bucket under [aws] in .runctl.toml): large orders travel through it."),
        new("InvocationDoesNotExist", null, ErrorKind.NotFound, null),
        new("ParameterNotFound", null, ErrorKind.NotFound, "Create the parameter (aws ssm put-parameter --type SecureString --name NAME --value VALUE), or correct its name in .runctl.toml."),
        new("ResourceNotFoundException", "secret", ErrorKind.NotFound, "Create the secret (aws secretsmanager create-secret --name NAME --secret-string VALUE), or correct its ARN in .runctl.toml."),
        new("NoSuchBucket", null, ErrorKind.NotFound, "Correct s3_bucket under [aws] in .runctl.toml, or create the bucket: aws s3 mb s3://NAME --region REGION"),
        new("InvalidBucketName", null, ErrorKind.InvalidInput, "Correct -S3Bucket, or s3_bucket under [aws] in .runctl.toml."),
        new("NoSuchKey", null, ErrorKind.NotFound, null),
        new("NotFound", null, ErrorKind.NotFound, null),
        new("PreconditionFailed", null, ErrorKind.Conflict, null),
        new("ConditionalRequestConflict", null, ErrorKind.Conflict, null, IsTransient: true),
        new("PermanentRedirect", null, ErrorKind.InvalidInput, Region),
        new("AuthorizationHeaderMalformed", null, ErrorKind.InvalidInput, Region),
        new("InvalidObjectState", null, ErrorKind.InvalidState, "The object is archived. Restore it (aws s3api restore-object), and remove the lifecycle rule that archives below this prefix."),
        new("KMS.*", null, ErrorKind.InvalidState, Key),
        new("KMSInvalidStateException", null, ErrorKind.InvalidState, Key),
        new("EntityTooLarge", null, ErrorKind.InvalidInput, null),
        new("BadDigest", null, ErrorKind.InvalidData, "Try again. If it happens again, look for a proxy that changes what passes through it.", IsTransient: true),
        new("RequestTimeout*", null, ErrorKind.Connection, "Try again in a moment.", IsTransient: true),
        new("InternalError", null, ErrorKind.Connection, "Try again in a moment.", IsTransient: true),
        new("InternalFailure", null, ErrorKind.Connection, "Try again in a moment.", IsTransient: true),
        new("InternalServerError", null, ErrorKind.Connection, "Try again in a moment.", IsTransient: true),
        new("ServiceUnavailable*", null, ErrorKind.Connection, "Try again in a moment.", IsTransient: true),
        new("Unavailable", null, ErrorKind.Connection, "Try again in a moment.", IsTransient: true),
        new("*.NotFound", null, ErrorKind.NotFound, null),
    ];

    private static readonly ServiceRefusal TooManyCalls = new("*", null, ErrorKind.Connection, Rate, IsTransient: true);

    /// <summary>The meaning of a code, or null if it is not known.</summary>
    public static ServiceRefusal? Find(string code, string message) => Throttling.Is(code)
        ? TooManyCalls
        : All.FirstOrDefault(r => Fits(r.Code, code) && (r.Words is null || message.Contains(r.Words, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether a code is a pattern's: a star at an end stands for anything.</summary>
    internal static bool Fits(string pattern, string code) =>
        pattern.EndsWith('*') ? code.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : pattern.StartsWith('*') ? code.EndsWith(pattern[1..], StringComparison.Ordinal)
        : code == pattern;
}
