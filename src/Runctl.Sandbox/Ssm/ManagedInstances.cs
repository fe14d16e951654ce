using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Ssm;

/// <summary>DescribeInstanceInformation.</summary>
internal sealed class ManagedInstances(Agents agents, TimeProvider clock)
{
    /// <summary>DescribeInstanceInformation.</summary>
    public JsonObject Describe(JsonObject request)
    {
        var rows = agents.Online.Select(pair => pair.Record);
        foreach (var (key, values) in Filters(request))
        {
            rows = key switch
            {
                "InstanceIds" => rows.Where(record => values.Contains(record.InstanceId)),
                "PingStatus" => values.Contains("Online") ? rows : [],
                "PlatformTypes" => values.Contains("Linux") ? rows : [],
                "ResourceType" => values.Contains("EC2Instance") ? rows : [],
                _ => throw new SsmException("InvalidInstanceInformationFilterValue", $"The sandbox does not know the filter '{key}'."),
            };
        }

        return SsmPage.Cut(request, "InstanceInformationList", rows.ToList(), 10, 50, Row);
    }

    private static IEnumerable<(string Key, IReadOnlyList<string> Values)> Filters(JsonObject request)
    {
        foreach (var filter in (request["Filters"] as JsonArray ?? []).OfType<JsonObject>())
        {
            yield return (filter.Text("Key") ?? "", filter.Texts("Values"));
        }

        foreach (var filter in (request["InstanceInformationFilterList"] as JsonArray ?? []).OfType<JsonObject>())
        {
            yield return (filter.Text("key") ?? "", filter.Texts("valueSet"));
        }
    }

    private JsonObject Row(InstanceRecord record) => new()
    {
        ["InstanceId"] = record.InstanceId,
        ["PingStatus"] = "Online",
        ["LastPingDateTime"] = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0,
        ["AgentVersion"] = "3.3.0.0",
        ["IsLatestVersion"] = true,
        ["PlatformType"] = "Linux",
        ["PlatformName"] = "Ubuntu",
        ["PlatformVersion"] = "22.04",
        ["ResourceType"] = "EC2Instance",
        ["IPAddress"] = record.PrivateIp,
        ["ComputerName"] = record.PrivateDnsName,
    };
}
