using System.Text.Json.Serialization;

namespace Runctl.Instances;

/// <summary>What EC2 does with a spot instance when it takes it back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunctlInterruptionBehavior>))]
public enum RunctlInterruptionBehavior
{
    /// <summary>It is terminated; its disk is gone.</summary>
    Terminate,

    /// <summary>It is stopped; its disk stays, and costs, until EC2 starts it again or it is removed.</summary>
    Stop,

    /// <summary>Its memory is saved to its disk, at once at the notice, and it is stopped.</summary>
    Hibernate,
}
