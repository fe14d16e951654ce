namespace Runctl.Resuming;

/// <summary>What an instance has, or had, that never came to S3.</summary>
/// <param name="Checkpoint">Name of the newest checkpoint; null where the attempt ended without a word, and there may be one.</param>
/// <param name="InstanceId">The instance.</param>
/// <param name="IsOnDisk">Whether the instance is stopped, and its disk there.</param>
/// <param name="MayReturn">Whether EC2 starts it again by itself.</param>
internal sealed record LeftBehind(string? Checkpoint, string InstanceId, bool IsOnDisk, bool MayReturn)
{
    /// <summary>For people.</summary>
    public override string ToString()
    {
        if (!IsOnDisk)
        {
            return $"A newer checkpoint, {Checkpoint}, was on the disk of {InstanceId} only, and is lost with it.";
        }

        var what = Checkpoint is null
            ? $"Instance {InstanceId} stopped without a word of how the training ended there, so its disk may have a newer checkpoint than S3."
            : $"The newest checkpoint of the run, {Checkpoint}, is on the disk of {InstanceId} only, which is stopped.";
        return what + (MayReturn
            ? " With -StoppedInstance Wait the run continues from it when EC2 starts the instance again; this resume does without it."
            : $" Start-RunctlInstance {InstanceId} and Watch-RunctlSpotInterruption let the guard upload it; this resume does without it.");
    }
}
