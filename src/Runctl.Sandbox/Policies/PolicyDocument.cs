using System.Text.Json;

namespace Runctl.Sandbox.Policies;

/// <summary>Policy documents of a principal, read from IAM's JSON.</summary>
internal static class PolicyDocument
{
    /// <summary>The statements of all documents.</summary>
    /// <exception cref="FormatException">A document is no policy.</exception>
    public static IReadOnlyList<PolicyStatement> Read(IEnumerable<string> documents) => [.. documents.SelectMany(Read)];

    private static List<PolicyStatement> Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var statements = document.RootElement.GetProperty("Statement");
            return [.. (statements.ValueKind == JsonValueKind.Array ? statements.EnumerateArray().ToList() : [statements]).Select(one => new PolicyStatement(one))];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"This is no policy document: {e.Message}", e);
        }
    }
}
