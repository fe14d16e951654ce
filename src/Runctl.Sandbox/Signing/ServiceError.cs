namespace Runctl.Sandbox.Signing;

/// <summary>An error as a service reports it.</summary>
internal sealed record ServiceError(int Status, string Code, string Message);
