using System.Text.Json.Serialization;

namespace Runctl.Runs;

/// <summary>A process that is there already: by id, by pid file or by a wildcard of its name or command line. One of the three is given.</summary>
internal sealed record ProcessTarget
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Pid { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PidFile { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pattern { get; init; }

    /// <summary>Whether it may belong to another user than the instance's login user.</summary>
    public bool AnyUser { get; init; }
}
