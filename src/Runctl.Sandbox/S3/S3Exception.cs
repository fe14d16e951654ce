using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.S3;

/// <summary>A request S3 refuses.</summary>
internal sealed class S3Exception(
    ServiceError error, IReadOnlyList<KeyValuePair<string, string>>? details = null) : Exception(error.Message)
{
    /// <summary>Status, code and message.</summary>
    public ServiceError Error { get; } = error;

    /// <summary>Further elements of the error document.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; } = details ?? [];
}
