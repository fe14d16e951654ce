using Runctl.Instances;

namespace Runctl.Ports;

/// <summary>Which instances to find; what is empty does not narrow.</summary>
public sealed record InstanceQuery
{
    /// <summary>Ids.</summary>
    public IReadOnlyList<string> InstanceIds { get; init; } = [];

    /// <summary>Tags that have to be there; a null value stands for any.</summary>
    public IReadOnlyDictionary<string, string?> Tags { get; init; } = new Dictionary<string, string?>();

    /// <summary>States, for example <c>running</c>.</summary>
    public IReadOnlyList<string> States { get; init; } = [];

    /// <summary>The states of an instance that is not gone.</summary>
    public static IReadOnlyList<string> LiveStates { get; } = [Ec2States.Pending, Ec2States.Running, Ec2States.Stopping, Ec2States.Stopped];
}
