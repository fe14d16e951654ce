using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Ssm;

/// <summary>
/// Comes before every operation: it may wait, throw <see cref="SsmException"/> (throttling), or answer or abort the exchange
/// itself, in which case the operation does not happen.
/// </summary>
internal delegate Task SsmFaultRule(string operation, HttpExchange exchange, CancellationToken ct);
