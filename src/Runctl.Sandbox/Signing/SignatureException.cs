namespace Runctl.Sandbox.Signing;

/// <summary>A request, or its body while it is read, is not what was signed.</summary>
internal sealed class SignatureException(SignatureFailure failure, string detail) : Exception(detail)
{
    /// <summary>What is wrong; <see cref="SignatureErrors"/> says it as each service does.</summary>
    public SignatureFailure Failure { get; } = failure;
}
