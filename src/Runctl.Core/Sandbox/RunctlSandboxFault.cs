namespace Runctl.Sandbox;

/// <summary>A rule by which requests to a sandbox fail.</summary>
public sealed class RunctlSandboxFault
{
    internal RunctlSandboxFault()
    {
    }

    /// <summary>
    /// Service and operation, without regard to case, <c>*</c> for any text: <c>s3:UploadPart</c>, <c>ssm:SendCommand</c>, <c>ec2:*</c>,
    /// <c>imds:*instance-action</c>. The services are ec2, ssm, s3, sts, secretsmanager and imds; the operation of imds is the path after <c>/latest/</c>.
    /// </summary>
    public string Operation { get; internal set; } = "";

    /// <summary>What goes wrong.</summary>
    public SandboxFaultKind Kind { get; internal set; }

    /// <summary>Error code; null is what the service has for the kind.</summary>
    public string? Code { get; internal set; }

    /// <summary>HTTP status; null is what the service has for the kind.</summary>
    public int? Status { get; internal set; }

    /// <summary>Text of the error; of a wrong answer, its whole body.</summary>
    public string? Message { get; internal set; }

    /// <summary>How many requests it strikes; null is every one.</summary>
    public int? Count { get; internal set; }

    /// <summary>How many requests it lets pass first.</summary>
    public int Skip { get; internal set; }

    /// <summary>Chance that a request is struck, 0 to 1.</summary>
    public double Probability { get; internal set; } = 1;

    /// <summary>How long a struck request waits first.</summary>
    public TimeSpan Delay { get; internal set; }

    /// <summary>
    /// Instance whose requests are meant: with the keys of its role, to its metadata service, and those of anybody to EC2 and SSM that
    /// name it. Null is any.
    /// </summary>
    public string? InstanceId { get; internal set; }

    /// <summary>Key in S3 that is meant, <c>*</c> for any text; null is any request.</summary>
    public string? Key { get; internal set; }

    /// <summary>
    /// Whether the request is carried out all the same, so that only its answer is lost or another. A wrong answer is always one to a
    /// request that was carried out.
    /// </summary>
    public bool CarriedOut { get; internal set; }

    /// <summary>How many requests it has struck.</summary>
    public long Hits { get; internal set; }

    /// <summary>A copy that is changed.</summary>
    internal RunctlSandboxFault With(Action<RunctlSandboxFault> change)
    {
        var copy = (RunctlSandboxFault)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The operation and what goes wrong.</summary>
    public override string ToString() => $"{Operation} {Kind}";
}
