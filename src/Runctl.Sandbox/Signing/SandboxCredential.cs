namespace Runctl.Sandbox.Signing;

/// <summary>A key that signs requests.</summary>
/// <param name="AccessKeyId">Its public name.</param>
/// <param name="SecretKey">What signatures are made with.</param>
/// <param name="SessionToken">Must come with every request where it is set.</param>
/// <param name="Principal">Who signs with it.</param>
/// <param name="Expires">When it stops working, or null.</param>
internal sealed record SandboxCredential(
    string AccessKeyId, string SecretKey, string? SessionToken, SandboxPrincipal Principal, DateTimeOffset? Expires = null);
