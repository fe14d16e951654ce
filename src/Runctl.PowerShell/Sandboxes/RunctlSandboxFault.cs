namespace Runctl.PowerShell.Sandboxes;

/// <summary>A rule by which requests to a sandbox fail.</summary>
public sealed record RunctlSandboxFault
{
    /// <summary>Service and operation, <c>*</c> for any text, e.g. <c>s3:UploadPart</c> or <c>imds:*instance-action</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>What goes wrong.</summary>
    public required RunctlFaultKind Kind { get; init; }

    /// <summary>Error code; null is what the service has for the kind.</summary>
    public string? Code { get; init; }

    /// <summary>HTTP status; null is what the service has for the kind.</summary>
    public int? Status { get; init; }

    /// <summary>Text of the error; of a wrong answer, its whole body.</summary>
    public string? Message { get; init; }

    /// <summary>How many requests it strikes; null is every one.</summary>
    public int? Count { get; init; }

    /// <summary>How many requests it lets pass first.</summary>
    public int Skip { get; init; }

    /// <summary>Chance that a request is struck, 0 to 1.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>How long a struck request waits first.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Instance whose requests, or calls about it, are meant; null is any.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Key in S3 that is meant, <c>*</c> for any text; null is any request.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the request is carried out all the same, and only its answer is lost or another.</summary>
    public bool CarriedOut { get; init; }

    /// <summary>How many requests it has struck.</summary>
    public long Hits { get; internal init; }
}
