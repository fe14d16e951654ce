using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Ssm;

/// <summary>Parameter Store: the public parameters that name the current images, and what clients put there.</summary>
internal sealed class Parameters(string region, string account, TimeProvider clock)
{
    private const int MostNames = 10;
    private static readonly string[] Types = ["String", "StringList", "SecureString"];
    private readonly ConcurrentDictionary<string, Parameter> _stored = new(StringComparer.Ordinal);

    public JsonObject PutParameter(JsonRequest request)
    {
        var (name, value, type) = (request.Required("Name"), request.Required("Value"), request.Text("Type") ?? "String");
        if (!Types.Contains(type))
        {
            throw new SsmException("UnsupportedParameterType", $"The parameter type {type} is not supported.");
        }

        if (name.StartsWith("/aws/", StringComparison.OrdinalIgnoreCase))
        {
            throw new SsmException("AccessDeniedException", $"No access to reserved parameter name: {name}.");
        }

        var parameter = _stored.AddOrUpdate(name, _ => new(value, type, 1, clock.GetUtcNow()), (_, before) => request.Flag("Overwrite")
            ? new(value, type, before.Version + 1, clock.GetUtcNow())
            : throw new SsmException("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."));
        return new JsonObject { ["Version"] = parameter.Version, ["Tier"] = "Standard" };
    }

    public JsonObject GetParameter(JsonRequest request)
    {
        var name = request.Required("Name");
        return Find(name, request.Flag("WithDecryption")) is { } parameter
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

        var found = names.Select(name => (Name: name, Parameter: Find(name, request.Flag("WithDecryption")))).ToLookup(entry => entry.Parameter is not null);
        return new JsonObject
        {
            ["Parameters"] = new JsonArray(found[true].Select(entry => (JsonNode?)entry.Parameter).ToArray()),
            ["InvalidParameters"] = new JsonArray(found[false].Select(entry => (JsonNode?)JsonValue.Create(entry.Name)).ToArray()),
        };
    }

    private JsonObject? Find(string given, bool decrypted)
    {
        // A name with slashes begins with one; the ARN's own part does too, or has one that is not the name's.
        var name = given.StartsWith("arn:", StringComparison.Ordinal) ? given[(given.IndexOf(":parameter", StringComparison.Ordinal) + ":parameter".Length)..] : given;
        if (ImageTable.FindByParameter(name) is { } image)
        {
            return Answer(name, new Parameter(image, "String", 1, clock.GetUtcNow()), image, "aws:ec2:image", $"arn:aws:ssm:{region}::parameter{name}");
        }

        if (!_stored.TryGetValue(name, out var parameter) && !_stored.TryGetValue(name = name.TrimStart('/'), out parameter))
        {
            return null;
        }

        // What the key service makes of it cannot be read either.
        var value = parameter.Type == "SecureString" && !decrypted ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"{parameter.Version}\0{Guid.NewGuid()}")) : parameter.Value;
        return Answer(name, parameter, value, "text", $"arn:aws:ssm:{region}:{account}:parameter/{name.TrimStart('/')}");
    }

    private static JsonObject Answer(string name, Parameter parameter, string value, string dataType, string arn) => new()
    {
        ["Name"] = name,
        ["Type"] = parameter.Type,
        ["Value"] = value,
        ["Version"] = parameter.Version,
        ["LastModifiedDate"] = SsmNames.Epoch(parameter.Modified),
        ["DataType"] = dataType,
        ["ARN"] = arn,
    };

    private sealed record Parameter(string Value, string Type, int Version, DateTimeOffset Modified);
}
