namespace Runctl.Runs;

/// <summary>Decides whether and when a change of a run's record is tried again: after a conflict at once, a few times in a row; while S3 is busy with back-off, for a minute.</summary>
internal sealed class RecordPatience(TimeProvider time)
{
    /// <summary>Conflicts in a row that are tried again at once: another writer was quicker, and S3 is not busy.</summary>
    public const int MostConflicts = 5;

    /// <summary>How long a change is tried, from the first try to the last.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly long _began = time.GetTimestamp();
    private TimeSpan _next = TimeSpan.FromMilliseconds(200);
    private int _conflicts;

    /// <summary>The pause before the next try, shortened by up to half by chance; null if the failure stays.</summary>
    /// <param name="isConflict">Whether another writer was quicker.</param>
    public TimeSpan? After(bool isConflict)
    {
        _conflicts = isConflict ? _conflicts + 1 : 0;
        if (_conflicts is > 0 and <= MostConflicts)
        {
            return TimeSpan.Zero;
        }

        var left = Budget - time.GetElapsedTime(_began);
        if (left <= TimeSpan.Zero)
        {
            return null;
        }

        var pause = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        // The last try is made when the time ends.
        return pause < left ? pause : left;
    }
}
