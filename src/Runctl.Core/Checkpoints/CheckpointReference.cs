namespace Runctl.Checkpoints;

/// <summary>Names a committed checkpoint.</summary>
public sealed class CheckpointReference
{
    internal CheckpointReference()
    {
    }

    /// <summary>File or directory name, for example <c>epoch_10.pt</c>.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>S3 URI of its manifest.</summary>
    public string Manifest { get; internal set; } = "";

    /// <summary>Step it was saved at, or null where unknown.</summary>
    public long? Step { get; internal set; }

    /// <summary>Last step the training had reported when it ended, or null where unknown.</summary>
    public long? LastStep { get; internal set; }

    /// <summary>The run it belongs to, or null where not told.</summary>
    public string? RunId { get; internal set; }

    /// <summary>The checkpoint's name.</summary>
    public override string ToString() => Name;
}
