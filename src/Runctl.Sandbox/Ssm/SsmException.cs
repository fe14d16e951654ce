namespace Runctl.Sandbox.Ssm;

/// <summary>A refusal in SSM's words.</summary>
internal sealed class SsmException(string code, string message) : Exception(message)
{
    /// <summary>SSM's error code, e.g. <c>InvalidInstanceId</c>.</summary>
    public string Code { get; } = code;

    /// <summary>A value that its model does not allow.</summary>
    public static SsmException Validation(string name, string constraint) =>
        new("ValidationException", $"1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}");
}
