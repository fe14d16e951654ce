using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>A launch that was checked and resolved but not begun: what -WhatIf names.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Image">Image that will be started, resolved.</param>
/// <param name="Subnets">Subnets by zone.</param>
/// <param name="SpotPrice">Lowest known spot price an hour in US dollars among the types, or null where unknown.</param>
/// <param name="Description">Target, place and price in a line, for people.</param>
public sealed record LaunchPlan(LaunchRequest Request, string Image, IReadOnlyList<string> Subnets, decimal? SpotPrice, string Description)
{
    internal ImageRecord? ImageRecord { get; init; }

    internal IReadOnlyList<SubnetRecord> SubnetRecords { get; init; } = [];

    /// <summary>Pairs of type and subnet that the first call leaves out; never all there are.</summary>
    internal IReadOnlyList<(string InstanceType, string SubnetId)> Avoided { get; init; } = [];

    internal IReadOnlyList<SpotPriceRecord> SpotPrices { get; init; } = [];
}
