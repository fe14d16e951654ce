using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Ssm;

/// <summary>The public parameters that name the current images.</summary>
internal sealed class PublicParameters(string region)
{
    private const int MostNames = 10;

    public JsonObject GetParameter(JsonRequest request)
    {
        var name = request.Required("Name");
        return Find(name) is { } parameter
            ? new JsonObject { ["Parameter"] = parameter }
            : throw new SsmException("ParameterNotFound", $"Parameter {name} not found.");
    }

    public JsonObject GetParameters(JsonRequest request)
    {
        var names = request.Texts("Names");
        if (names.Count is 0 or > MostNames)
        {
            throw SsmException.Validation("names", "Member must have length between 1 and 10");
        }

        var found = names.Select(name => (Name: name, Parameter: Find(name))).ToLookup(entry => entry.Parameter is not null);
        return new JsonObject
        {
            ["Parameters"] = new JsonArray(found[true].Select(entry => (JsonNode?)entry.Parameter).ToArray()),
            ["InvalidParameters"] = new JsonArray(found[false].Select(entry => (JsonNode?)JsonValue.Create(entry.Name)).ToArray()),
        };
    }

    private JsonObject? Find(string name) =>
        ImageTable.FindByParameter(name) is not { } image ? null : new JsonObject
        {
            ["Name"] = name,
            ["Type"] = "String",
            ["Value"] = image,
            ["Version"] = 1,
            ["DataType"] = "aws:ec2:image",
            ["ARN"] = $"arn:aws:ssm:{region}::parameter{name}",
        };
}
