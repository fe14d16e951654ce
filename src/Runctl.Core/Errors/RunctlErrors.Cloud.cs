using System.Net.Sockets;

namespace Runctl.Errors;

/// <content>Errors of the services and of what stands between them and us.</content>
internal static partial class RunctlErrors
{
    /// <summary>No credentials were found.</summary>
    public static RunctlException CredentialsMissing(Exception? cause) =>
        new("CredentialsMissing", ErrorKind.Authentication, "No AWS credentials were found.", null,
            "Configure a profile ('aws configure' or 'aws sso login') and name it with -ProfileName or AWS_PROFILE, use Set-AWSCredential, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
            + "To try Runctl without an AWS account: Start-RunctlSandbox -UseAsDefault.", cause);

    /// <summary>The profile's credentials cannot be had.</summary>
    public static RunctlException ProfileUnusable(string profile, Exception? cause) =>
        new("ProfileUnusable", ErrorKind.Authentication, $"The profile '{profile}' gives no credentials: {cause?.Message}", profile,
            "Check ~/.aws/config and ~/.aws/credentials; for SSO run 'aws sso login --profile " + profile + "'.", cause);

    /// <summary>There is no such profile.</summary>
    public static RunctlException ProfileNotFound(string profile) =>
        new("ProfileUnusable", ErrorKind.Authentication, $"There is no profile '{profile}' in ~/.aws/config or ~/.aws/credentials.", profile,
            "'aws configure list-profiles' lists the profiles. Correct -ProfileName, AWS_PROFILE or profile in .runctl.toml, or leave it out.");

    /// <summary>No region was found.</summary>
    public static RunctlException RegionMissing() =>
        new(ErrorIds.RegionMissing, ErrorKind.InvalidInput, "No AWS region is configured.", null, "Give -Region, set region in .runctl.toml, or set AWS_REGION.");

    /// <summary>The region's name cannot be right.</summary>
    public static RunctlException RegionInvalid(string region) =>
        new("RegionInvalid", ErrorKind.InvalidInput, $"'{region}' is not the name of a region.", region, "Use a name such as us-east-1.");

    /// <summary>A service said no.</summary>
    public static RunctlException Service(string service, string operation, string code, string message, ErrorKind kind, string? requestId, bool transient, string? action, Exception cause) =>
        new(code, kind, $"{service} {operation}: {message.TrimEnd('.')} ({code}).", null, action, cause) { ServiceErrorCode = code, RequestId = requestId, IsTransient = transient };

    /// <summary>A service could not be reached.</summary>
    public static RunctlException ConnectionFailed(string service, string operation, string endpoint, Exception cause) => IsRefused(cause)
        ? new("ConnectionFailed", ErrorKind.Connection, $"{service} {operation}: {endpoint} refused the connection.", endpoint,
            "Check the address: -EndpointUrl, endpoint_url under [aws] in .runctl.toml, or AWS_ENDPOINT_URL. If it is a sandbox, start one with Start-RunctlSandbox.", cause) { IsTransient = true }
        : new("ConnectionFailed", ErrorKind.Connection, $"{service} {operation}: no answer from {endpoint}: {cause.Message}", endpoint, "Check the network, and -EndpointUrl if one is set.", cause) { IsTransient = true };

    private static bool IsRefused(Exception? cause) => cause is not null && (cause is SocketException { SocketErrorCode: SocketError.ConnectionRefused } || IsRefused(cause.InnerException));

    /// <summary>Nothing listens there.</summary>
    public static RunctlException ConnectionRefused(string service, string operation, string endpoint, Exception cause) =>
        new("ConnectionFailed", ErrorKind.Connection, $"{service} {operation}: {endpoint} refused the connection: nothing listens there.", endpoint,
            "Correct -EndpointUrl (AWS_ENDPOINT_URL), or start what listens there. Without an endpoint Runctl uses AWS itself.", cause) { IsTransient = true, WasRefused = true };

    /// <summary>The sandbox refused.</summary>
    public static RunctlException SandboxRefused(string operation, string text, string target) =>
        new("SandboxRefused", ErrorKind.InvalidState, $"The sandbox refused to {operation}: {text}", target, null);

    /// <summary>What the role of an instance needs of S3.</summary>
    public const string RoleAction = "The role of the instance's profile needs s3:ListBucket on the bucket, and s3:GetObject and s3:PutObject on its objects, and kms:GenerateDataKey and kms:Decrypt on its KMS key. If the policy of the bucket demands that writes name their encryption, set s3_sse (and s3_kms_key_id) below [aws] in .runctl.toml. " + RolePolicyAction;

    /// <summary>How to get the policy of the role.</summary>
    public const string RolePolicyAction = "Get-RunctlPolicy -For Instance -AsJson writes the policy of the role.";

    /// <summary>How to get the policy of the person.</summary>
    public const string PersonPolicyAction = "Get-RunctlPolicy -For Person -AsJson writes the policy that these credentials need.";

    /// <summary>What to do about a bucket in another region.</summary>
    public const string RegionAction = "Set s3_bucket to a bucket in the instances' own region, or launch them in the bucket's: an upload to another region may not end before an interruption does.";

    /// <summary>S3 answers 403 where it should say that there is nothing.</summary>
    public static string BucketAction(string bucket) =>
        $"Check that the bucket {bucket} exists. The policy must allow s3:ListBucket on it, and s3:GetObject and s3:PutObject on its objects. Without s3:ListBucket a missing object looks like a forbidden one. If the policy of the bucket demands that writes name their encryption, set s3_sse (and s3_kms_key_id) below [aws] in .runctl.toml; for a KMS key the caller needs kms:GenerateDataKey and kms:Decrypt. {PersonPolicyAction}";

    /// <summary>The bucket is not there.</summary>
    public static RunctlException BucketNotFound(string bucket, RunctlException cause, Uri? endpoint = null) =>
        new("BucketNotFound", ErrorKind.NotFound, $"There is no bucket {bucket}.", bucket,
            $"Create it, or correct -S3Bucket (s3_bucket under [aws] in .runctl.toml).{(endpoint is { IsLoopback: true } ? $" A sandbox has the buckets that it is started with: Start-RunctlSandbox -S3Bucket {bucket}" : "")}", cause) { ServiceErrorCode = cause.ServiceErrorCode, RequestId = cause.RequestId };

    /// <summary>The bucket is in another region than what uses it.</summary>
    public static RunctlException BucketElsewhere(string bucket, string bucketRegion, string region, RunctlException? cause = null) =>
        new("BucketElsewhere", ErrorKind.InvalidInput, $"The bucket {bucket} is in {bucketRegion}, not in {region}.", bucket, RegionAction, cause) { ServiceErrorCode = cause?.ServiceErrorCode, RequestId = cause?.RequestId };

    /// <summary>What was written is not what is read.</summary>
    public static RunctlException ObjectNotReadBack(string bucket, string key) =>
        new("ObjectNotReadBack", ErrorKind.InvalidState, $"s3://{bucket}/{key} was written and is not there, or not the same.", $"s3://{bucket}/{key}", "Look for a policy, lifecycle rule or gateway that changes the bucket's objects.");

    /// <summary>S3 refused.</summary>
    public static RunctlException BucketForbidden(string operation, string bucket, string key, RunctlException cause) =>
        new("BucketForbidden", ErrorKind.PermissionDenied, $"S3 refused {operation} on s3://{bucket}/{key} ({cause.ServiceErrorCode}).", $"s3://{bucket}/{key}", BucketAction(bucket), cause) { ServiceErrorCode = cause.ServiceErrorCode, RequestId = cause.RequestId };
}
