using System.Text.Json.Serialization;

namespace Runctl.Runs;

/// <summary>Where an instance finds the project's code: in S3, or brought by SSM below its own root.</summary>
internal sealed record CodeReference
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Bucket { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    public required string Sha256 { get; init; }

    public long Size { get; init; }
}
