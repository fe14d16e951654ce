namespace Runctl.Configuration;

/// <summary>A value that says where the value is kept: <c>ssm:/name</c> or <c>secretsmanager:arn</c>.</summary>
public static class SecretReference
{
    private static readonly string[] Prefixes = ["ssm:", "secretsmanager:"];

    private static readonly string[] Words = ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL"];

    /// <summary>Why a variable should not have its value written out, or null. What is written out is stored in spec.json and sent over SSM.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="value">Its value.</param>
    internal static string? Warning(string name, string value) =>
        value.Length > 0 && !Is(value) && Words.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase))
            ? $"{name} looks like a secret written out; keep it in SSM or Secrets Manager and write {name} = \"ssm:/name\" or \"secretsmanager:arn\"." : null;

    /// <summary>Whether a value is a reference and not the value itself.</summary>
    public static bool Is(string value) => Prefixes.Any(p => value.Length > p.Length && value.StartsWith(p, StringComparison.Ordinal));
}
