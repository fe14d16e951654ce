namespace Runctl.Reports;

/// <summary>Where a checkpoint is, as far as events and manifests say.</summary>
internal enum CheckpointPlace
{
    /// <summary>In S3: its manifest is there.</summary>
    InS3,

    /// <summary>It was in S3, and its manifest is not there any more.</summary>
    Deleted,

    /// <summary>Saved, and never uploaded: on the disk of its instance only.</summary>
    OnDisk,

    /// <summary>It was uploaded, and S3 could not be asked whether it is still there.</summary>
    Uploaded,
}
