using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Ssm;

/// <summary>Names that appear in requests and answers.</summary>
internal static class SsmNames
{
    /// <summary>The one document.</summary>
    public const string Document = "AWS-RunShellScript";

    /// <summary>The one plugin of that document.</summary>
    public const string Plugin = "aws:runShellScript";

    private const string TargetPrefix = "AmazonSSM.";

    /// <summary>The operation a request asks for; "" where it names none of SSM's.</summary>
    public static string Operation(HttpRequest request) =>
        request.Headers["X-Amz-Target"] is { } target && target.StartsWith(TargetPrefix, StringComparison.Ordinal)
            ? target[TargetPrefix.Length..]
            : "";

    /// <summary>A time as JSON 1.1 has it: seconds since 1970.</summary>
    public static double Epoch(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
