using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.Json;
using Runctl.Objects;

namespace Runctl.Policies;

/// <summary>The least policy of one side, as objects and as IAM's JSON.</summary>
public sealed class RunctlPolicy
{
    internal RunctlPolicy()
    {
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The side it is for.</summary>
    public RunctlPolicyFor For { get; internal set; }

    /// <summary>A name for it in IAM.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The bucket it is about.</summary>
    public string S3Bucket { get; internal set; } = "";

    /// <summary>The statements; each says why it is there.</summary>
    public IReadOnlyList<RunctlPolicyStatement> Statements { get; internal set => field = Readable.List(value); } = Readable.List<RunctlPolicyStatement>();

    /// <summary>The document for IAM.</summary>
    public string Json => Document(Statements, text => text).ToJsonString(Indented);

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>The document, each value that may name something passed through <paramref name="value"/>.</summary>
    internal static JsonObject Document(IEnumerable<RunctlPolicyStatement> statements, Func<string, JsonNode> value) => new()
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray([.. statements.Select(statement => (JsonNode)Statement(statement, value))]),
    };

    /// <summary>One statement as JSON.</summary>
    internal static JsonObject Statement(RunctlPolicyStatement statement, Func<string, JsonNode> value)
    {
        var written = new JsonObject
        {
            ["Sid"] = statement.Sid,
            ["Effect"] = "Allow",
            ["Action"] = Values(statement.Actions, action => action),
            ["Resource"] = Values(statement.Resources, value),
        };
        if (statement.Conditions.Count > 0)
        {
            written["Condition"] = new JsonObject(statement.Conditions.Select(test => KeyValuePair.Create(test.Key, (JsonNode?)new JsonObject(
                test.Value.Select(key => KeyValuePair.Create(key.Key, (JsonNode?)Values(key.Value, value)))))));
        }

        return written;
    }

    /// <summary>One value stands for itself, several are a list.</summary>
    private static JsonNode Values(IReadOnlyList<string> values, Func<string, JsonNode> value) =>
        values.Count == 1 ? value(values[0]) : new JsonArray([.. values.Select(value)]);
}
