namespace Runctl.Sandbox;

/// <summary>A permission that a request needed and had.</summary>
/// <param name="IsRole">Whether the role of an instance asked, or the person.</param>
/// <param name="Sid">The statement that allowed it; "" if it has no name.</param>
/// <param name="Action">The action, as the statement writes it.</param>
public sealed record SandboxGrant(bool IsRole, string Sid, string Action);
