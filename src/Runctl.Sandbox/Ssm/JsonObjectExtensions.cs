using System.Text.Json.Nodes;

namespace Runctl.Sandbox.Ssm;

/// <summary>Reads members of a request.</summary>
internal static class JsonObjectExtensions
{
    /// <summary>A text, or null where it is missing.</summary>
    public static string? Text(this JsonObject request, string name) => (request[name] as JsonValue)?.ToString();

    /// <summary>A list of texts; empty where it is missing.</summary>
    public static IReadOnlyList<string> Texts(this JsonObject request, string name) =>
        request[name] is JsonArray array ? [.. array.Select(item => item?.ToString() ?? "")] : [];
}
