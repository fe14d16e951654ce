using System.Text.Json.Nodes;

namespace Runctl.Sandbox.Ssm;

/// <summary>DescribeInstanceInformation: the instances whose agent has registered.</summary>
internal sealed class InstanceInformation(ManagedInstances instances, TimeProvider clock)
{
    private const int LowestPageSize = 5;
    private const int PageSize = 50;

    public JsonObject Describe(JsonRequest request)
    {
        var filters = request.Filters("Filters", "Key", "Values")
            .Concat(request.Filters("InstanceInformationFilterList", "key", "valueSet"))
            .ToList();
        if (filters.Exists(filter => filter.Values.Any(value => value.Length == 0)))
        {
            throw SsmException.Validation("filters", "Member must have length greater than or equal to 1");
        }

        var all = instances.All().Where(entry => filters.TrueForAll(filter => Matches(entry, filter.Key, filter.Values))).ToList();
        var (page, next) = TextPage.Of(all, request, LowestPageSize, PageSize);
        var answer = new JsonObject { ["InstanceInformationList"] = new JsonArray(page.Select(Render).ToArray<JsonNode?>()) };
        if (next is not null)
        {
            answer["NextToken"] = next;
        }

        return answer;
    }

    private static bool Matches(ManagedInstance entry, string key, IReadOnlyList<string> values)
    {
        const string tag = "tag:";
        var actual = key switch
        {
            "InstanceIds" => entry.Record.InstanceId,
            "PingStatus" => entry.Ping,
            "PlatformTypes" => "Linux",
            "ResourceType" => "EC2Instance",
            _ when key.StartsWith(tag, StringComparison.Ordinal) => entry.Record.Tags[key[tag.Length..]],
            _ => throw new SsmException("InvalidFilterKey", $"The specified key isn't valid: {key}"),
        };
        return actual is not null && values.Contains(actual, StringComparer.Ordinal);
    }

    private JsonObject Render(ManagedInstance entry) => new()
    {
        ["InstanceId"] = entry.Record.InstanceId,
        ["PingStatus"] = entry.Ping,
        ["LastPingDateTime"] = SsmNames.Epoch(entry.OfflineSince ?? clock.GetUtcNow()),
        ["AgentVersion"] = "3.3.2299.0",
        ["IsLatestVersion"] = true,
        ["PlatformType"] = "Linux",
        ["PlatformName"] = "Ubuntu",
        ["PlatformVersion"] = "22.04",
        ["ResourceType"] = "EC2Instance",
        ["IPAddress"] = entry.Record.PrivateIp,
        ["ComputerName"] = entry.Record.PrivateDnsName,
    };
}
