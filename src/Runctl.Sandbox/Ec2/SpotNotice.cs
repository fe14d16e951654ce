namespace Runctl.Sandbox.Ec2;

/// <summary>An interruption notice, as <c>spot/instance-action</c> shows it.</summary>
/// <param name="Action">terminate, stop or hibernate.</param>
/// <param name="Time">When the instance is taken.</param>
/// <param name="ShownFrom">When the instance's metadata begin to show it; null is never.</param>
/// <param name="Takes">Whether the instance is taken; a stale notice takes none.</param>
internal sealed record SpotNotice(string Action, DateTimeOffset Time, DateTimeOffset? ShownFrom, bool Takes = true);
