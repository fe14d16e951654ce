using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>A training as a test wants it: its source, its settings, and the instance where it is not to be a new one.</summary>
public sealed record Scenario(string Source)
{
    public string Script { get; init; } = "train.py";

    /// <summary>A second file beside the script.</summary>
    public (string Name, string Source)? Second { get; init; }

    public double GraceSeconds { get; init; } = 20;

    public bool Mirror { get; init; } = true;

    public bool HasBucket { get; init; } = true;

    /// <summary>A bucket of other rules than the sandbox's own; null for that.</summary>
    public string? Bucket { get; init; }

    /// <summary>The encryption that new objects name.</summary>
    public ObjectEncryption? Encryption { get; init; }

    public string Project { get; init; } = "digits";

    /// <summary>Below the project.</summary>
    public string Directory { get; init; } = "checkpoints";

    /// <summary>Further settings.</summary>
    public Func<RunctlConfiguration, RunctlConfiguration> Configure { get; init; } = configuration => configuration;

    /// <summary>An instance that runs already; null starts one.</summary>
    public string? InstanceId { get; init; }
}
