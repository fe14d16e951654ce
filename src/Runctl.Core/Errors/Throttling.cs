namespace Runctl.Errors;

/// <summary>The codes by which services say that there are too many calls.</summary>
internal static class Throttling
{
    private static readonly HashSet<string> Codes = new(StringComparer.Ordinal)
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
        "SlowDown", "BandwidthLimitExceeded", "EC2ThrottledException", "ProvisionedThroughputExceededException",
    };

    /// <summary>Whether a code says so.</summary>
    public static bool Is(string? code) => code is not null && (Codes.Contains(code) || code == "TooManyRequests");
}
