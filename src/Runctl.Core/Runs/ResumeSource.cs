using System.Text.Json.Serialization;

namespace Runctl.Runs;

/// <summary>What an attempt begins from: a committed checkpoint, or a path inside the project.</summary>
internal sealed record ResumeSource
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Manifest { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }
}
