namespace Runctl.Sandbox.Ec2;

/// <summary>An interruption notice, as <c>spot/instance-action</c> shows it.</summary>
/// <param name="Action">terminate, stop or hibernate.</param>
/// <param name="Time">When the instance is taken.</param>
internal sealed record SpotNotice(string Action, DateTimeOffset Time);
