using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox;

/// <summary>A rule by which requests fail.</summary>
public sealed record SandboxFault
{
    /// <summary>
    /// Service and operation, without regard to case, <c>*</c> for any text: <c>s3:UploadPart</c>, <c>ssm:SendCommand</c>, <c>ec2:*</c>,
    /// <c>imds:*instance-action</c>. The services are ec2, ssm, s3, sts, secretsmanager and imds; the operation of imds is the path after <c>/latest/</c>.
    /// </summary>
    public required string Operation { get; init; }

    /// <summary>What goes wrong.</summary>
    public required SandboxFaultKind Kind { get; init; }

    /// <summary>The error code; null is what the service has for the kind.</summary>
    public string? Code { get; init; }

    /// <summary>The HTTP status of an error; null is what the service has for the kind.</summary>
    public int? Status { get; init; }

    /// <summary>The text of the error; of a wrong answer, its whole body.</summary>
    public string? Message { get; init; }

    /// <summary>How many requests it strikes; null is every one.</summary>
    public int? Count { get; init; }

    /// <summary>How many requests it lets pass first.</summary>
    public int Skip { get; init; }

    /// <summary>The chance that a request is struck, 0 to 1; drawn from <see cref="SandboxOptions.FaultSeed"/>.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>How long a struck request waits first.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// Only requests of this instance: with the keys of its role, to its metadata service, and those of anybody to EC2 and SSM that
    /// name it. Null is any.
    /// </summary>
    public string? InstanceId { get; init; }

    /// <summary>Only this key of S3, <c>*</c> for any text. Null is any request.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// Whether the request is carried out all the same, so that only its answer is lost or another. A wrong answer is always one to a
    /// request that was carried out.
    /// </summary>
    public bool CarriedOut { get; init; }

    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="ArgumentException">A value that cannot be; the message names the property and what is allowed.</exception>
    public void Validate()
    {
        var service = Operation.Split(':', 2) is [var name, { Length: > 0 }] ? name : null;
        if (service is null || !FaultServices.Any(service))
        {
            throw new ArgumentException(
                $"Operation is '{Operation}'; it must be service:operation with one of the services {FaultServices.List}, e.g. s3:UploadPart or ec2:*.");
        }

        if (!Enum.IsDefined(Kind))
        {
            throw new ArgumentException($"Kind is {Kind}; it must be one of {string.Join(", ", Enum.GetNames<SandboxFaultKind>())}.");
        }

        // Written so that a probability that is no number at all is refused as well.
        if (!(Probability >= 0 && Probability <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"Probability is {Probability}; it must be from 0 to 1."));
        }

        if (Count is < 0 || Skip < 0 || Delay < TimeSpan.Zero)
        {
            throw new ArgumentException($"Count is {Count}, Skip is {Skip}, Delay is {Delay}; none of them may be negative.");
        }

        var allowed = (Status, Kind) is (null, _) or ( >= 400 and < 500, SandboxFaultKind.ClientError)
            or ( >= 500 and < 600, SandboxFaultKind.ServerError) or ( >= 400 and < 600, SandboxFaultKind.Throttling);
        if (!allowed)
        {
            throw new ArgumentException($"Status is {Status} for {Kind}; it must be 400 to 499 for ClientError, 500 to 599 for ServerError, "
                + "400 to 599 for Throttling, and none for another kind.");
        }
    }
}
