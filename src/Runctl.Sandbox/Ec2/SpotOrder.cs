namespace Runctl.Sandbox.Ec2;

/// <summary>The spot side of a launch.</summary>
/// <param name="Persistent">Whether the request outlives its instance; only then can the instance be stopped.</param>
/// <param name="InterruptionBehavior">terminate, stop or hibernate.</param>
/// <param name="MaxPrice">In USD per hour; null is the on-demand price.</param>
internal sealed record SpotOrder(
    bool Persistent = false, string InterruptionBehavior = "terminate", decimal? MaxPrice = null)
{
    public TagSet Tags { get; init; } = TagSet.Empty;
}
