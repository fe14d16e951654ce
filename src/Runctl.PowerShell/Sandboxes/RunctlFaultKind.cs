namespace Runctl.PowerShell.Sandboxes;

/// <summary>What goes wrong with a request to a sandbox.</summary>
public enum RunctlFaultKind
{
    /// <summary>The service is asked too much, in its own code: SlowDown, RequestLimitExceeded, ThrottlingException.</summary>
    Throttling,

    /// <summary>The service refuses: 4xx.</summary>
    ClientError,

    /// <summary>The service fails: 5xx.</summary>
    ServerError,

    /// <summary>The connection breaks.</summary>
    ConnectionReset,

    /// <summary>The request waits.</summary>
    Delay,

    /// <summary>A 200 that is damaged.</summary>
    WrongAnswer,

    /// <summary>An error inside a 200, as S3 sends it.</summary>
    ErrorInOk,
}
