namespace Runctl.Sandbox.Faults;

/// <summary>The services that faults can strike.</summary>
internal static class FaultServices
{
    private static readonly string[] Names = ["ec2", "imds", "s3", "secretsmanager", "ssm", "sts"];

    /// <summary>For messages.</summary>
    public static string List => string.Join(", ", Names);

    /// <summary>Whether a pattern means at least one of them.</summary>
    public static bool Any(string pattern) => Names.Any(name => Wildcard.Matches(pattern, name));
}
