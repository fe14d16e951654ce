namespace Runctl.Drills;

/// <summary>A process of the training, and how the stop signal came to it.</summary>
/// <param name="ProcessId">Its process id on the instance.</param>
/// <param name="Command">Its command line, as far as it may be shown.</param>
/// <param name="Role">trainer, shell, launcher or rest.</param>
public sealed record RunctlToldProcess(int ProcessId, string? Command, string? Role)
{
    /// <summary>Why it was taken for that, or told, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether it had a handler for the stop signal; null where that is not known.</summary>
    public bool? Handles { get; init; }

    /// <summary>Whether it was told, itself or through a shell or launcher above it.</summary>
    public bool Told { get; init; }

    /// <summary>Seconds from the first signal of the sequence until it was told; null where it was not told, or that is not known.</summary>
    public double? ToldAfter { get; init; }

    /// <summary>Process id of the shell or launcher it was told through; null where it was told itself.</summary>
    public int? Through { get; init; }

    /// <summary>Whether it was killed at the end of the grace period.</summary>
    public bool Killed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Command is null ? $"process {ProcessId}" : $"process {ProcessId} ({Command})";
}
