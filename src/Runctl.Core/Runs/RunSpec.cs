using System.Text.Json.Serialization;
using Runctl.Instances;

namespace Runctl.Runs;

/// <summary>Everything an attempt needs; docs/protocol.md has its form. Stored without <see cref="Attempt"/> in the orders of its run.</summary>
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

    /// <summary>The instances that people have started attempts on. Another one that a record names is not the run's.</summary>
    public IReadOnlyList<string> Instances { get; init; } = [];

    /// <summary>The manifest of the checkpoint that the starter had the run begin from, or null.</summary>
    public string? BeganFrom { get; init; }

    /// <summary>Whether it was read where version 0.1 wrote it: there the training itself could have rewritten it.</summary>
    [JsonIgnore]
    public bool IsOfVersion01 { get; init; }

    /// <summary>Whether an instance is one of the run's: EC2 shows the run's tag on it, or people have started an attempt on it.</summary>
    public bool Has(RunctlInstance instance) => Instances.Contains(instance.InstanceId) || instance.Tags.GetValueOrDefault(RunctlTags.RunId) == RunId;

    /// <summary>The same after an attempt was started on an instance.</summary>
    public RunSpec On(string instanceId) => Instances.Contains(instanceId) ? this : this with { Instances = [.. Instances, instanceId] };

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AttemptSpec? Attempt { get; init; }
}
