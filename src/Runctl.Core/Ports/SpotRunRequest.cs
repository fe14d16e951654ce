using Runctl.Instances;

namespace Runctl.Ports;

/// <summary>One call of RunInstances for spot instances of a persistent request, of one pool, all or nothing.</summary>
public sealed record SpotRunRequest
{
    /// <summary>Name of the launch template.</summary>
    public required string TemplateName { get; init; }

    /// <summary>Makes the call idempotent.</summary>
    public required string ClientToken { get; init; }

    /// <summary>Type.</summary>
    public required string InstanceType { get; init; }

    /// <summary>Subnet.</summary>
    public required string SubnetId { get; init; }

    /// <summary>How many instances.</summary>
    public required int Count { get; init; }

    /// <summary>Highest spot price, US dollars an hour, or null.</summary>
    public decimal? MaxPrice { get; init; }

    /// <summary>Stop or Hibernate: what EC2 does with the instance when it takes it.</summary>
    public required RunctlInterruptionBehavior InterruptionBehavior { get; init; }
}
