namespace Runctl.Sandbox.Ec2;

/// <summary>A refusal in EC2's words.</summary>
internal sealed class Ec2Exception(string code, string message, int status = 400) : Exception(message)
{
    /// <summary>EC2's error code, e.g. <c>InvalidInstanceID.NotFound</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;
}
