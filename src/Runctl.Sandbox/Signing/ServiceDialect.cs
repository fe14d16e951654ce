namespace Runctl.Sandbox.Signing;

/// <summary>The family of error codes a service speaks.</summary>
internal enum ServiceDialect
{
    /// <summary>S3.</summary>
    S3,

    /// <summary>The query protocol of STS, SQS and others.</summary>
    Query,

    /// <summary>EC2, which has codes of its own.</summary>
    Ec2,

    /// <summary>The JSON protocols, SSM among them.</summary>
    Json,
}
