namespace Runctl.Runs;

/// <summary>A run as the index has it: the last entry of each attempt.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Created">When it was created, to the second.</param>
/// <param name="Entries">By the number of the attempt; null where the entry is damaged.</param>
internal sealed record IndexedRun(string RunId, DateTimeOffset Created, IReadOnlyDictionary<int, IndexEntry?> Entries)
{
    /// <summary>The script, from any entry that has it.</summary>
    public string? Script => Entries.Values.Select(e => e?.Other.Script).LastOrDefault(s => s is not null);

    /// <summary>Whether no attempt is missing, damaged or cut: then the record has no more to say than the entries.</summary>
    public bool IsWhole => Script is not null && Enumerable.Range(1, Entries.Count).All(n => Entries.GetValueOrDefault(n) is { Other.Cut: false });

    /// <summary>The run's record, as far as the entries know it.</summary>
    public RunRecord ToRecord() => new()
    {
        RunId = RunId,
        ProjectName = Entries.Values.Select(e => e?.Other.ProjectName).LastOrDefault(p => p is not null) ?? "",
        Created = Created,
        Attempts = [.. Entries.Values.OfType<IndexEntry>().Select(e => e.Attempt).OrderBy(a => a.Number)],
    };
}
