using Runctl.Configuration;

namespace Runctl.Runs;

/// <summary>How a run saves.</summary>
internal sealed record CheckpointSettings
{
    public string Dir { get; init; } = "checkpoints";

    public int SaveInterval { get; init; } = 5;

    public int? KeepLastN { get; init; }

    public bool Mirror { get; init; } = true;

    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>As it is configured.</summary>
    public static CheckpointSettings Of(RunctlConfiguration configuration) => new()
    {
        Dir = configuration.CheckpointDirectory,
        SaveInterval = configuration.SaveInterval,
        KeepLastN = configuration.KeepLastN,
        Mirror = configuration.Mirror,
        Patterns = configuration.CheckpointPatterns,
    };
}
