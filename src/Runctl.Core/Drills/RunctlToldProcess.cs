namespace Runctl.Drills;

/// <summary>A process of the training, and how the stop signal came to it.</summary>
/// <param name="processId">Its process id on the instance.</param>
/// <param name="command">Its command line, as far as it may be shown.</param>
/// <param name="role">trainer, shell, launcher or rest.</param>
public sealed class RunctlToldProcess(int processId, string? command, string? role)
{
    /// <summary>Its process id on the instance.</summary>
    public int ProcessId { get; } = processId;

    /// <summary>Its command line, as far as it may be shown.</summary>
    public string? Command { get; } = command;

    /// <summary>trainer, shell, launcher or rest.</summary>
    public string? Role { get; } = role;

    /// <summary>Why it was taken for that, or told, for people.</summary>
    public string? Reason { get; internal set; }

    /// <summary>Whether it had a handler for the stop signal; null where that is not known.</summary>
    public bool? Handles { get; internal set; }

    /// <summary>Whether it was told, itself or through a shell or launcher above it.</summary>
    public bool Told { get; internal set; }

    /// <summary>Seconds from the first signal of the sequence until it was told; null where it was not told, or that is not known.</summary>
    public double? ToldAfter { get; internal set; }

    /// <summary>Process id of the shell or launcher it was told through; null where it was told itself.</summary>
    public int? Through { get; internal set; }

    /// <summary>Whether it was killed at the end of the grace period.</summary>
    public bool Killed { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => Command is null ? $"process {ProcessId}" : $"process {ProcessId} ({Command})";

    /// <summary>A copy that is changed.</summary>
    internal RunctlToldProcess With(Action<RunctlToldProcess> change)
    {
        var copy = (RunctlToldProcess)MemberwiseClone();
        change(copy);
        return copy;
    }
}
