using System.Net;
using Amazon.Runtime;
using Runctl.Errors;

namespace Runctl.Adapters.Aws;

/// <summary>The one place where the SDK's exceptions become Runctl's, with code and request id kept.</summary>
internal static class AwsErrors
{
    private static readonly HashSet<string> Passing = new(StringComparer.Ordinal)
    {
        "InternalError", "InternalServerError", "InternalFailure", "ServiceUnavailable", "Unavailable", "RequestTimeout", "RequestTimeoutException", "ConditionalRequestConflict",
        "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity", "UnfulfillableCapacity", "MaxSpotInstanceCountExceeded", "VcpuLimitExceeded",
    };

    /// <summary>Makes a call and translates its failures.</summary>
    public static async Task<T> CallAsync<T>(string service, string operation, string endpoint, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (AmazonServiceException e)
        {
            throw Translate(service, operation, endpoint, e);
        }
        catch (AmazonClientException e) when (Find<AmazonServiceException>(e) is { } cause)
        {
            throw Translate(service, operation, endpoint, cause);
        }
        catch (AmazonClientException e)
        {
            throw Find<RunctlException>(e) ?? RunctlErrors.ConnectionFailed(service, operation, endpoint, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or WebException)
        {
            throw RunctlErrors.ConnectionFailed(service, operation, endpoint, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw RunctlErrors.ConnectionFailed(service, operation, endpoint, e);
        }
    }

    private static RunctlException Translate(string service, string operation, string endpoint, AmazonServiceException e)
    {
        var code = string.IsNullOrEmpty(e.ErrorCode) ? (int)e.StatusCode == 0 ? null : e.StatusCode.ToString() : e.ErrorCode;
        if (code is null || e.InnerException is HttpRequestException)
        {
            return Find<RunctlException>(e) ?? RunctlErrors.ConnectionFailed(service, operation, endpoint, e.InnerException ?? e);
        }

        var (kind, action) = Classify(code, e.StatusCode);
        var transient = Throttling.Is(code) || Passing.Contains(code) || (int)e.StatusCode >= 500 || e.StatusCode == HttpStatusCode.TooManyRequests;
        return RunctlErrors.Service(service, operation, code, e.Message, kind, e.RequestId, transient, action, e);
    }

    private static (ErrorKind Kind, string? Action) Classify(string code, HttpStatusCode status) => code switch
    {
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted" => (ErrorKind.PermissionDenied,
            "The account has never used spot instances. Let an administrator run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"),
        "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" or "TokenRefreshRequired" => (ErrorKind.Authentication, "The credentials have expired; log in again (for SSO: 'aws sso login')."),
        "AuthFailure" or "InvalidClientTokenId" or "UnrecognizedClientException" or "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidSignatureException" or "IncompleteSignature" =>
            (ErrorKind.Authentication, "Check the credentials, and that they belong to this endpoint."),
        "UnauthorizedOperation" or "AccessDenied" or "AccessDeniedException" or "Forbidden" => (ErrorKind.PermissionDenied, "The policy of these credentials has to allow this call, and for an instance that Runctl did not launch only one of -AnyInstance does. " + RunctlErrors.PersonPolicyAction),
        "NoSuchKey" or "NotFound" or "NoSuchBucket" or "ParameterNotFound" or "InvocationDoesNotExist" => (ErrorKind.NotFound, null),
        "PreconditionFailed" or "ConditionalRequestConflict" or "IdempotentParameterMismatch" => (ErrorKind.Conflict, null),
        "MaxSpotInstanceCountExceeded" or "VcpuLimitExceeded" or "InstanceLimitExceeded" => (ErrorKind.ResourceUnavailable, "The account's quota is used up; end other instances, or ask for more in Service Quotas."),
        _ when code.StartsWith("Insufficient", StringComparison.Ordinal) || code == "UnfulfillableCapacity" => (ErrorKind.ResourceUnavailable, "Try more instance types, other zones, or later."),
        _ when code.EndsWith(".NotFound", StringComparison.Ordinal) => (ErrorKind.NotFound, null),
        _ when Throttling.Is(code) => (ErrorKind.Connection, "AWS limits the rate of calls; try again in a moment."),
        _ => ((int)status >= 500 ? ErrorKind.Connection : ErrorKind.InvalidInput, null),
    };

    private static T? Find<T>(Exception? e)
        where T : Exception
    {
        while (e is not null and not T)
        {
            e = e.InnerException;
        }

        return e as T;
    }
}
