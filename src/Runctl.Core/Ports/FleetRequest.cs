namespace Runctl.Ports;

/// <summary>One call of CreateFleet, type instant, all or nothing.</summary>
public sealed record FleetRequest
{
    /// <summary>Name of the launch template.</summary>
    public required string TemplateName { get; init; }

    /// <summary>Makes the call idempotent.</summary>
    public required string ClientToken { get; init; }

    /// <summary>Types that will do.</summary>
    public required IReadOnlyList<string> InstanceTypes { get; init; }

    /// <summary>Subnets that will do, one per zone.</summary>
    public required IReadOnlyList<string> SubnetIds { get; init; }

    /// <summary>Pairs of type and subnet that are left out.</summary>
    public IReadOnlyList<(string InstanceType, string SubnetId)> Without { get; init; } = [];

    /// <summary>How many instances.</summary>
    public required int Count { get; init; }

    /// <summary>Spot, or on-demand.</summary>
    public required bool Spot { get; init; }

    /// <summary>Highest spot price, US dollars an hour, or null.</summary>
    public decimal? MaxPrice { get; init; }

    /// <summary>Tags of the fleet.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }
}
