using Runctl.Configuration;

namespace Runctl.Runs;

/// <summary>How a run saves.</summary>
internal sealed record CheckpointSettings
{
    public string Dir { get; init; } = "checkpoints";

    public int SaveInterval { get; init; } = 5;

    /// <summary>0 for all; null, for all too, in runs that version 0.1 started.</summary>
    public int? KeepLastN { get; init; }

    public bool Mirror { get; init; } = true;

    public IReadOnlyList<string> Include { get; init; } = [];

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public string? Head { get; init; }

    /// <summary>Bytes; null for no limit.</summary>
    public long? RestoreLimit { get; init; }

    public string? VerifyCommand { get; init; }

    /// <summary>Of version 0.1: what the guard reads as include with everything else excluded.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>As it is configured.</summary>
    public static CheckpointSettings Of(RunctlConfiguration configuration) => new()
    {
        Dir = configuration.CheckpointDirectory,
        SaveInterval = configuration.SaveInterval,
        KeepLastN = configuration.KeepLastN,
        Mirror = configuration.Mirror,
        Include = configuration.CheckpointInclude,
        Exclude = configuration.CheckpointExclude,
        Head = configuration.CheckpointHead,
        RestoreLimit = configuration.RestoreLimit,
        VerifyCommand = configuration.VerifyCommand,
        Patterns = configuration.CheckpointPatterns,
    };
}
