using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Faults;

/// <summary>The errors of faults in the words of each service.</summary>
internal static class FaultErrors
{
    // A code of S3 has its status; a fault may name the code alone.
    private static readonly Dictionary<string, int> S3Statuses = new(StringComparer.Ordinal)
    {
        ["AccessDenied"] = 403, ["InvalidAccessKeyId"] = 403, ["RequestTimeTooSkewed"] = 403, ["SignatureDoesNotMatch"] = 403,
        ["NoSuchBucket"] = 404, ["NoSuchKey"] = 404, ["NoSuchUpload"] = 404, ["MethodNotAllowed"] = 405,
        ["ConditionalRequestConflict"] = 409, ["OperationAborted"] = 409, ["PreconditionFailed"] = 412, ["ServiceUnavailable"] = 503,
    };

    /// <summary>The error of a fault.</summary>
    public static ServiceError For(string service, RunctlSandboxFault fault)
    {
        var usual = Usual(service, fault.Kind);
        var code = fault.Code ?? usual.Code;
        var status = fault.Kind == SandboxFaultKind.ErrorInOk ? 200
            : fault.Status ?? (fault.Code is null ? usual.Status : StatusOf(service, fault.Kind, code));
        return new ServiceError(status, code, fault.Message ?? (fault.Code is null ? usual.Message : $"{code}: a fault of the sandbox."));
    }

    private static int StatusOf(string service, SandboxFaultKind kind, string code) =>
        service == "s3" && S3Statuses.TryGetValue(code, out var status) && status / 100 == (kind == SandboxFaultKind.ClientError ? 4 : 5) ? status
        : kind == SandboxFaultKind.ClientError ? 400
        : Usual(service, kind).Status;

    private static ServiceError Usual(string service, SandboxFaultKind kind) => (service, kind) switch
    {
        ("ec2", SandboxFaultKind.Throttling) => new(503, "RequestLimitExceeded", "Request limit exceeded."),
        ("ec2", SandboxFaultKind.ClientError) => new(403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
        ("ec2", _) => new(500, "InternalError", "An internal error has occurred"),
        ("ssm" or "secretsmanager", SandboxFaultKind.Throttling) => new(400, "ThrottlingException", "Rate exceeded"),
        ("ssm" or "secretsmanager", SandboxFaultKind.ClientError) => new(400, "AccessDeniedException", "You are not authorized to perform this operation."),
        ("ssm", _) => new(500, "InternalServerError", "An internal error has occurred."),
        ("secretsmanager", _) => new(500, "InternalServiceError", "An internal error has occurred."),
        ("sts", SandboxFaultKind.Throttling) => new(400, "Throttling", "Rate exceeded"),
        ("sts", SandboxFaultKind.ClientError) => new(403, "AccessDenied", "You are not authorized to perform this operation."),
        ("sts", _) => new(500, "InternalFailure", "An internal error has occurred."),
        ("imds", SandboxFaultKind.Throttling) => new(503, "Service Unavailable", "Service Unavailable"),
        ("imds", SandboxFaultKind.ClientError) => new(403, "Forbidden", "Forbidden"),
        ("imds", _) => new(500, "Internal Server Error", "Internal Server Error"),
        (_, SandboxFaultKind.Throttling) => new(503, "SlowDown", "Please reduce your request rate."),
        (_, SandboxFaultKind.ClientError) => new(403, "AccessDenied", "Access Denied"),
        _ => new(500, "InternalError", "We encountered an internal error. Please try again."),
    };
}
