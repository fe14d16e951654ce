namespace Runctl.Reports;

/// <summary>What a series was in one attempt.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Count">How many values, those that are not finite included.</param>
/// <param name="First">The first finite value, or null.</param>
/// <param name="Last">The last finite value, or null.</param>
/// <param name="Least">The least finite value, or null.</param>
/// <param name="Most">The greatest finite value, or null.</param>
/// <param name="NotFinite">How many values were nan or infinite.</param>
internal sealed record CurveSummary(int Attempt, int Count, double? First, double? Last, double? Least, double? Most, int NotFinite);
