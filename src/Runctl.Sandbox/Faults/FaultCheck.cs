using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox;

/// <summary>Whether a fault can be.</summary>
public static class FaultCheck
{
    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="ArgumentException">A value that cannot be; the message names the property and what is allowed.</exception>
    public static void Require(RunctlSandboxFault fault)
    {
        var service = fault.Operation.Split(':', 2) is [var name, { Length: > 0 }] ? name : null;
        if (service is null || !FaultServices.Any(service))
        {
            throw new ArgumentException(
                $"Operation is '{fault.Operation}'; it must be service:operation with one of the services {FaultServices.List}, e.g. s3:UploadPart or ec2:*.");
        }

        if (!Enum.IsDefined(fault.Kind))
        {
            throw new ArgumentException($"Kind is {fault.Kind}; it must be one of {string.Join(", ", Enum.GetNames<SandboxFaultKind>())}.");
        }

        // Written so that a probability that is no number at all is refused as well.
        if (!(fault.Probability >= 0 && fault.Probability <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"Probability is {fault.Probability}; it must be from 0 to 1."));
        }

        if (fault.Count is < 0 || fault.Skip < 0 || fault.Delay < TimeSpan.Zero)
        {
            throw new ArgumentException($"Count is {fault.Count}, Skip is {fault.Skip}, Delay is {fault.Delay}; none of them may be negative.");
        }

        var allowed = (fault.Status, fault.Kind) is (null, _) or ( >= 400 and < 500, SandboxFaultKind.ClientError)
            or ( >= 500 and < 600, SandboxFaultKind.ServerError) or ( >= 400 and < 600, SandboxFaultKind.Throttling);
        if (!allowed)
        {
            throw new ArgumentException($"Status is {fault.Status} for {fault.Kind}; it must be 400 to 499 for ClientError, 500 to 599 for ServerError, "
                + "400 to 599 for Throttling, and none for another kind.");
        }
    }
}
