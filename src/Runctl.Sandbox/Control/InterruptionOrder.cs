namespace Runctl.Sandbox.Control;

/// <summary>Which instance is to be taken, when and how.</summary>
/// <param name="InstanceId">A running spot instance.</param>
/// <param name="WindowSeconds">From notice to end.</param>
/// <param name="Action">terminate, stop or hibernate; null for what the instance was launched with.</param>
internal sealed record InterruptionOrder(string? InstanceId, double WindowSeconds, string? Action);
