namespace Runctl.PowerShell.Targets;

/// <summary>What a target names.</summary>
internal enum TargetKind
{
    /// <summary>Nothing that a command can work on.</summary>
    Nothing,

    /// <summary>A run.</summary>
    Run,

    /// <summary>An instance.</summary>
    Instance,

    /// <summary>A checkpoint, by the S3 URI of its manifest or its own.</summary>
    Checkpoint,

    /// <summary>All that match a wildcard.</summary>
    Pattern,
}
