using Runctl.Sandbox.Policies;

namespace Runctl.Sandbox.Signing;

/// <summary>Who a request comes from.</summary>
/// <param name="Account">The twelve digits of the account.</param>
/// <param name="Arn">E.g. <c>arn:aws:iam::000000000000:user/sandbox</c>.</param>
/// <param name="UserId">What GetCallerIdentity answers as UserId.</param>
internal sealed record SandboxPrincipal(string Account, string Arn, string UserId)
{
    /// <summary>The instance whose role this is; null for everybody else.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Which policies it has.</summary>
    public PrincipalKind Kind { get; init; }
}
