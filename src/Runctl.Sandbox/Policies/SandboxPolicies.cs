namespace Runctl.Sandbox;

/// <summary>The policy documents of a sandbox, as IAM's JSON; what none of them allows is denied.</summary>
/// <param name="Person">Documents of the person whose keys the sandbox gives out.</param>
/// <param name="Role">Documents of the role of the instances.</param>
public sealed record SandboxPolicies(IReadOnlyList<string> Person, IReadOnlyList<string> Role);
