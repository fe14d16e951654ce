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

    /// <summary>
    /// Last step the training had reported before it began to write the checkpoint, or null where unknown. Unless <see cref="StepIsExact"/>, the checkpoint may be of
    /// a later step; views show <c>&gt;=428</c> then.
    /// </summary>
    public long? Step { get; internal set; }

    /// <summary>Whether the checkpoint is of exactly that step: the training had reported no later one when it was committed. Null where unknown.</summary>
    public bool? StepIsExact => CheckpointStep.IsExact(Step, LastStep);

    /// <summary>Last step the training had reported when it was committed, or null where unknown.</summary>
    public long? LastStep { get; internal set; }

    /// <summary>The run it belongs to, or null where not told.</summary>
    public string? RunId { get; internal set; }

    /// <summary>Name and step, for people.</summary>
    internal string Described => CheckpointStep.Text(Step, StepIsExact) is { } step ? $"{Name} (step {step})" : Name;

    /// <summary>The checkpoint's name.</summary>
    public override string ToString() => Name;
}
