namespace Runctl.Checkpoints;

/// <summary>Names a committed checkpoint.</summary>
public sealed record CheckpointReference
{
    /// <summary>File or directory name, for example <c>epoch_10.pt</c>.</summary>
    public required string Name { get; init; }

    /// <summary>S3 URI of its manifest.</summary>
    public required string Manifest { get; init; }

    /// <summary>Step it was saved at, or null where unknown.</summary>
    public long? Step { get; init; }

    /// <summary>Last step the training had reported when it ended, or null where unknown.</summary>
    public long? LastStep { get; init; }

    /// <summary>The run it belongs to, or null where not told.</summary>
    public string? RunId { get; init; }
}
