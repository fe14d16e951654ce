namespace Runctl.Runs;

/// <summary>What the index says of an attempt: enough for a list, nothing that a decision rests on.</summary>
/// <param name="Attempt">The attempt as its record had it, without what no list shows.</param>
/// <param name="Other">What the name carries besides.</param>
internal sealed record IndexEntry(AttemptRecord Attempt, IndexEntry.Extras Other)
{
    /// <summary>What is not part of the attempt in the record.</summary>
    internal sealed record Extras
    {
        public string? Script { get; init; }

        public string? ProjectName { get; init; }

        /// <summary>Whether values that were too long are left out.</summary>
        public bool Cut { get; init; }

        /// <summary>Whether the record was read after the instance was gone, so that it cannot change any more.</summary>
        public bool Checked { get; init; }
    }
}
