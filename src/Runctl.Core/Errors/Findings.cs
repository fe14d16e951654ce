namespace Runctl.Errors;

/// <summary>The failures of checks that do not depend on each other: one look tells all of them.</summary>
internal sealed class Findings
{
    private readonly object _lock = new();
    private readonly List<RunctlException> _failures = [];

    /// <summary>Makes a check.</summary>
    /// <returns>Whether it passed.</returns>
    public bool Check(Action check)
    {
        try
        {
            check();
            return true;
        }
        catch (RunctlException e)
        {
            Add(e);
            return false;
        }
    }

    /// <summary>Makes a check.</summary>
    /// <returns>What it found, or null if it failed.</returns>
    public async Task<T?> CheckAsync<T>(Func<Task<T>> check)
        where T : class
    {
        try
        {
            return await check().ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            Add(e);
            return null;
        }
    }

    /// <summary>Makes a check.</summary>
    public async Task CheckAsync(Func<Task> check)
    {
        try
        {
            await check().ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            Add(e);
        }
    }

    /// <summary>Throws the first failure, with the others beside it. What a later try cannot change comes first.</summary>
    /// <exception cref="RunctlException">A check failed.</exception>
    public void ThrowIfAny()
    {
        var failures = Told();
        if (failures is [var first, .. var others])
        {
            // One alone keeps its stack; those that came with another were taken apart.
            throw first.Others.Count == 0 && others.Count == 0 ? first : Copy(first, others);
        }
    }

    private static RunctlException Copy(RunctlException first, IReadOnlyList<RunctlException> others) =>
        new(first.Id, first.Kind, first.Message, first.Target, first.RecommendedAction, first)
        {
            ServiceErrorCode = first.ServiceErrorCode,
            RequestId = first.RequestId,
            IsTransient = first.IsTransient,
            Others = others,
        };

    // What keeps one call from an answer keeps all of them from it, and is one failure.
    private List<RunctlException> Told()
    {
        lock (_lock)
        {
            return [.. _failures.DistinctBy(e => e.Kind is ErrorKind.Authentication or ErrorKind.Connection or ErrorKind.Timeout ? (e.Id, "") : (e.Id, e.Message)).OrderBy(e => e.MayPass)];
        }
    }

    private void Add(RunctlException failure)
    {
        lock (_lock)
        {
            _failures.Add(failure);
            _failures.AddRange(failure.Others);
        }
    }
}
