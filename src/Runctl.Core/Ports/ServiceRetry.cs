using System.Globalization;

namespace Runctl.Ports;

/// <summary>A call that is about to be tried again.</summary>
/// <param name="Service">EC2, SSM, S3 or STS.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Reason">The error code of the service, or what the connection did.</param>
/// <param name="Wait">How long the call waits before it is tried again.</param>
/// <param name="Try">The number of the try that follows: 2 or more.</param>
public sealed record ServiceRetry(string Service, string Operation, string Reason, TimeSpan Wait, int Try)
{
    /// <summary>The repetition in a line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Service} {Operation} failed ({Reason}); try {Try} follows in {Wait.TotalSeconds:0.0} s");
}
