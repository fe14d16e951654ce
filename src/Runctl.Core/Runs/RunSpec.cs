using System.Text.Json.Serialization;
using Runctl.Instances;

namespace Runctl.Runs;

/// <summary>Everything an attempt needs; docs/protocol.md has its form. Stored without <see cref="Attempt"/> as spec.json.</summary>
internal sealed record RunSpec
{
    public int Schema { get; init; } = 1;

    public required string RunId { get; init; }

    public required string ProjectName { get; init; }

    public DateTimeOffset Created { get; init; }

    public required string Region { get; init; }

    /// <summary>The account it runs in, where it could be found out.</summary>
    public string? Account { get; init; }

    public string? User { get; init; }

    public string? Python { get; init; }

    public string? SetupCommand { get; init; }

    public required string Script { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public CodeReference? Code { get; init; }

    public CheckpointSettings Checkpoint { get; init; } = new();

    public StoreReference? Store { get; init; }

    public IReadOnlyList<string> ResumeArguments { get; init; } = [];

    public RunPolicy Policy { get; init; } = new();

    public AlertSettings? Alerts { get; init; }

    public LaunchRequest? Launch { get; init; }

    /// <summary>The process that is guarded where Runctl did not start it, else null.</summary>
    public ProcessTarget? Target { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AttemptSpec? Attempt { get; init; }
}
