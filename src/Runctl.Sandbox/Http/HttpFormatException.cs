namespace Runctl.Sandbox.Http;

/// <summary>What came is not HTTP as RFC 9112 has it.</summary>
internal sealed class HttpFormatException(int status, string message) : Exception(message)
{
    /// <summary>The status to answer with.</summary>
    public int Status { get; } = status;
}
