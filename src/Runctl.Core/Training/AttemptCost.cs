namespace Runctl.Training;

/// <summary>What one attempt cost; null is unknown.</summary>
/// <param name="Number">The attempt.</param>
/// <param name="Cost">US dollars for the time it ran.</param>
/// <param name="OnDemand">US dollars that the same time costs on-demand.</param>
internal sealed record AttemptCost(int Number, decimal? Cost, decimal? OnDemand);
