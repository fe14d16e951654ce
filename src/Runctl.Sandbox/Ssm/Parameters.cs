using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Ssm;

/// <summary>GetParameter and GetParameters: the public parameters that name images.</summary>
internal sealed class Parameters(string region, TimeProvider clock)
{
    private const int MaxNames = 10;

    /// <summary>GetParameter.</summary>
    public JsonObject Get(JsonObject request)
    {
        var name = request.Text("Name") ?? "";
        return new JsonObject { ["Parameter"] = Find(name) ?? throw new SsmException("ParameterNotFound", $"Parameter {name} not found.") };
    }

    /// <summary>GetParameters.</summary>
    public JsonObject GetMany(JsonObject request)
    {
        var names = request.Texts("Names");
        if (names.Count is 0 or > MaxNames)
        {
            throw new SsmException("ValidationException", $"1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and {MaxNames}");
        }

        return new JsonObject
        {
            ["Parameters"] = new JsonArray([.. names.Select(Find).OfType<JsonNode>()]),
            ["InvalidParameters"] = new JsonArray([.. names.Where(name => Find(name) is null).Select(name => (JsonNode)name)]),
        };
    }

    private JsonObject? Find(string name) => ImageTable.FindByParameter(name) is { } value
        ? new JsonObject
        {
            ["Name"] = name,
            ["Type"] = "String",
            ["Value"] = value,
            ["Version"] = 1,
            ["LastModifiedDate"] = clock.GetUtcNow().ToUnixTimeSeconds(),
            ["ARN"] = $"arn:aws:ssm:{region}::parameter{name}",
            ["DataType"] = "aws:ec2:image",
        }
        : null;
}
