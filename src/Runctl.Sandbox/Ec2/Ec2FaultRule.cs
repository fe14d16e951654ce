using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Ec2;

/// <summary>
/// Comes before every action: it may wait, throw <see cref="Ec2Exception"/> (throttling, 5xx), or answer or abort the exchange itself,
/// in which case the action does not happen.
/// </summary>
internal delegate Task Ec2FaultRule(string action, HttpExchange exchange, CancellationToken ct);
