using System.Globalization;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>What <see cref="SandboxOptions.PoolErrors"/> says about a pool.</summary>
internal sealed class PoolLimits(SandboxOptions options, InstanceRegistry registry)
{
    // Codes that by their nature concern one way to buy only.
    private static readonly string[] SpotCodes = ["MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"];
    private static readonly string[] OnDemandCodes = ["VcpuLimitExceeded", "InstanceLimitExceeded"];

    /// <summary>How many more instances a pool launches, and the error from there on.</summary>
    public (int Room, string Code)? Find(string instanceType, string zone, bool spot)
    {
        var market = spot ? "spot:" : "on-demand:";
        foreach (var key in new[] { $"{instanceType}/{zone}", instanceType })
        {
            if ((options.PoolErrors.TryGetValue(market + key, out var rule) || options.PoolErrors.TryGetValue(key, out rule))
                && Read(rule) is var (room, code) && !(spot ? OnDemandCodes : SpotCodes).Contains(code))
            {
                return (Math.Max(0, room - InUse(instanceType, key.Contains('/', StringComparison.Ordinal) ? zone : null, spot)), code);
            }
        }

        return null;
    }

    /// <summary>The words EC2 has for a code.</summary>
    public static string Message(string code, string instanceType, string zone) => code switch
    {
        "InsufficientInstanceCapacity" => $"We currently do not have sufficient {instanceType} capacity in the Availability Zone you "
            + $"requested ({zone}). Our system will be working on provisioning additional capacity.",
        "MaxSpotInstanceCountExceeded" => "Max spot instance count exceeded",
        "VcpuLimitExceeded" => "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that "
            + "the specified instance type belongs to.",
        "UnfulfillableCapacity" => "Unable to fulfill capacity due to your request configuration. Please adjust your request and try again.",
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted" =>
            "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
        _ => $"{code}: {instanceType} in {zone}",
    };

    private static (int Room, string Code) Read(string rule)
    {
        var parts = rule.Split(':', 2);
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var room)
            ? (room, parts[1])
            : (0, rule);
    }

    private int InUse(string instanceType, string? zone, bool spot) => registry.All.Count(record =>
        record.InstanceType == instanceType && (zone is null || record.AvailabilityZone == zone) && record.IsSpot == spot
        && record.State is not (InstanceState.Terminated or InstanceState.Stopped));
}
