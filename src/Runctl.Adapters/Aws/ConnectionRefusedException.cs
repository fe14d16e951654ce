namespace Runctl.Adapters.Aws;

/// <summary>An endpoint has refused the connection often enough.</summary>
internal sealed class ConnectionRefusedException(string message) : Exception(message);
