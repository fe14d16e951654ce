namespace Runctl.Sandbox.Ssm;

/// <summary>Names that appear in requests and answers.</summary>
internal static class SsmNames
{
    /// <summary>The one document.</summary>
    public const string Document = "AWS-RunShellScript";

    /// <summary>The one plugin of that document.</summary>
    public const string Plugin = "aws:runShellScript";

    /// <summary>A time as JSON 1.1 has it: seconds since 1970.</summary>
    public static double Epoch(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
