using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Sts;

/// <summary>A request STS refuses.</summary>
internal sealed class StsException(ServiceError error) : Exception(error.Message)
{
    /// <summary>Status, code and message.</summary>
    public ServiceError Error { get; } = error;
}
