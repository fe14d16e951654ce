namespace Runctl.Sandbox;

/// <summary>What goes wrong with a request.</summary>
public enum SandboxFaultKind
{
    /// <summary>The service is asked too much, in its own code: SlowDown, RequestLimitExceeded, ThrottlingException.</summary>
    Throttling,

    /// <summary>The service refuses: 4xx, AccessDenied or the like where no code is given.</summary>
    ClientError,

    /// <summary>The service fails: 5xx.</summary>
    ServerError,

    /// <summary>The connection breaks with a reset: instead of an answer, or in the middle of it where the request is carried out.</summary>
    ConnectionReset,

    /// <summary>The request waits, and then takes its way.</summary>
    Delay,

    /// <summary>A 200 that is damaged: content with a flipped byte, half a document, another ETag, or a page of somebody else's.</summary>
    WrongAnswer,

    /// <summary>An error in the body of a 200, as S3 sends it for CompleteMultipartUpload and CopyObject.</summary>
    ErrorInOk,
}
