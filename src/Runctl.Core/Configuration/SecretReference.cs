namespace Runctl.Configuration;

/// <summary>A value that says where the value is kept: <c>ssm:/name</c> or <c>secretsmanager:arn</c>.</summary>
public static class SecretReference
{
    private static readonly string[] Prefixes = ["ssm:", "secretsmanager:"];

    /// <summary>Whether a value is a reference and not the value itself.</summary>
    public static bool Is(string value) => Prefixes.Any(p => value.Length > p.Length && value.StartsWith(p, StringComparison.Ordinal));
}
