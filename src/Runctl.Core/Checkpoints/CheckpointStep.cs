using System.Globalization;

namespace Runctl.Checkpoints;

/// <summary>
/// The step of a checkpoint as people read it. The guard notes the last step that the training had reported before it began to write the save, and the last one
/// at the commit: the save is of a step between them.
/// </summary>
internal static class CheckpointStep
{
    /// <summary>Whether the step is exact: none was reported later. Null where that is not known.</summary>
    public static bool? IsExact(long? step, long? lastStep) => step is { } first && lastStep is { } last ? last <= first : null;

    /// <summary>For example 428, or &gt;=428 if a later step may be in the checkpoint; null if the step is not known.</summary>
    /// <param name="step">The step that was noted.</param>
    /// <param name="isExact">Whether it is exact.</param>
    /// <param name="format">How a number is written.</param>
    public static string? Text(long? step, bool? isExact, string format = "0") =>
        step is { } known ? (isExact == false ? ">=" : "") + known.ToString(format, CultureInfo.InvariantCulture) : null;
}
