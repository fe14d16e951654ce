using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Policies;

/// <summary>A request that no policy allows, or that one denies.</summary>
internal sealed class AccessDeniedException(SandboxPrincipal principal, AccessRequest request, bool isExplicit)
    : Exception($"User: {principal.Arn} is not authorized to perform: {request.Action} on resource: {request.Resource} "
        + (isExplicit ? "with an explicit deny in an identity-based policy" : $"because no identity-based policy allows the {request.Action} action"))
{
    /// <summary>The permission that is missing.</summary>
    public AccessRequest Request { get; } = request;
}
