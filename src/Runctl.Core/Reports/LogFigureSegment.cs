using Runctl.Logs;

namespace Runctl.Reports;

/// <summary>A segment of a log that figures are read from.</summary>
/// <param name="Attempt">The attempt that printed it.</param>
/// <param name="Started">When the attempt started.</param>
/// <param name="Ended">When it ended, or now.</param>
/// <param name="Segment">The segment.</param>
/// <param name="PackedLength">Bytes of the object.</param>
internal sealed record LogFigureSegment(int Attempt, DateTimeOffset Started, DateTimeOffset Ended, LogSegment Segment, long PackedLength)
{
    private const int UsualRatio = 5;

    /// <summary>Bytes of the log in it; of a segment of version 0.1 an estimate.</summary>
    public long TextLength => Segment.End is { } end ? end - Segment.Start : PackedLength * UsualRatio;
}
