namespace Runctl.Sandbox.Ssm;

/// <summary>An error of SSM, by the name that clients know it by.</summary>
internal sealed class SsmException(string code, string message) : Exception(message)
{
    /// <summary>For example <c>InvalidInstanceId</c>.</summary>
    public string Code { get; } = code;
}
