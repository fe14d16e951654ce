using System.Globalization;

namespace Runctl.Ports;

/// <summary>One call to a service. It has no parameters and no address: secrets and presigned URLs are in those.</summary>
/// <param name="Service">EC2, SSM, S3 or STS.</param>
/// <param name="Operation">The operation, for example DescribeInstances.</param>
/// <param name="Outcome">HTTP status of a good answer, the error code of the service, or what the connection did.</param>
/// <param name="RequestId">The service's id of the request, or null where nothing answered.</param>
/// <param name="Duration">From sending to the answer.</param>
/// <param name="Try">1 for the first, more for repetitions.</param>
/// <param name="HasFailed">Whether it failed.</param>
public sealed record ServiceCall(string Service, string Operation, string Outcome, string? RequestId, TimeSpan Duration, int Try, bool HasFailed)
{
    /// <summary>The call in a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Service} {Operation}: {Outcome}, {Duration.TotalMilliseconds:0} ms{(Try > 1 ? $", try {Try}" : "")}, request {RequestId ?? "unknown"}");
}
