namespace Runctl.Sandbox.Faults;

/// <summary>A request as faults see it.</summary>
/// <param name="Service">ec2, ssm, s3, sts, secretsmanager or imds.</param>
/// <param name="Operation">Its operation; "" where it is none that is known.</param>
internal sealed record ServiceCall(string Service, string Operation)
{
    /// <summary>The instance whose role signed it, or whose metadata service was asked; null for a user's.</summary>
    public string? CallerId { get; init; }

    /// <summary>The key of S3, or null.</summary>
    public string? Key { get; init; }

    /// <summary>The parameters of a call to EC2 or SSM as text, in which the ids stand that it names.</summary>
    public string Parameters { get; init; } = "";

    /// <summary>Whether a fault is meant for it.</summary>
    public bool Matches(RunctlSandboxFault fault) =>
        Wildcard.Matches(fault.Operation, $"{Service}:{Operation}")
        && (fault.InstanceId is not { } id || id == CallerId || Parameters.Contains(id, StringComparison.Ordinal))
        && (fault.Key is null || (Key is not null && Wildcard.Matches(fault.Key, Key, ignoreCase: false)));
}
