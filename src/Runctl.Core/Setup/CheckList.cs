using Runctl.Errors;

namespace Runctl.Setup;

/// <summary>Makes checks, and keeps which of them failed: what rests on those is not tried.</summary>
internal sealed class CheckList(string? instanceId)
{
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);

    /// <summary>It is as it should be.</summary>
    public RunctlSetupCheck Pass(string name, string seen) => new(name, true, seen, null, instanceId);

    /// <summary>It is not.</summary>
    public RunctlSetupCheck Fail(string name, string seen, string? remedy)
    {
        _failed.Add(name);
        return new(name, false, seen, remedy, instanceId);
    }

    /// <summary>It could not be found out.</summary>
    public RunctlSetupCheck Unknown(string name, string reason, string? remedy = null) => new(name, null, reason, remedy, instanceId);

    /// <summary>The first of the named checks that failed, or null.</summary>
    public string? FirstFailed(params string[] names) => Array.Find(names, _failed.Contains);

    /// <summary>Notes that a check failed elsewhere.</summary>
    public void Add(IEnumerable<string> failed) => _failed.UnionWith(failed);

    /// <summary>The checks that failed.</summary>
    public IEnumerable<string> Failed => _failed;

    /// <summary>Makes a check by trying something that rests on others.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="basis">What it rests on.</param>
    /// <param name="look">Tries it.</param>
    /// <param name="refusalFails">Whether a missing permission is the failure that is looked for, and not only in the way of the look.</param>
    public async Task<RunctlSetupCheck> TryAsync(string name, string[] basis, Func<Task<RunctlSetupCheck>> look, bool refusalFails = false)
    {
        if (FirstFailed(basis) is { } failed)
        {
            return Unknown(name, $"Not tried: {failed} failed.");
        }

        try
        {
            return await look().ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            var unknown = e.IsTransient || e.Kind is ErrorKind.Connection or ErrorKind.Timeout or ErrorKind.InvalidData or ErrorKind.Defect || (e.Kind == ErrorKind.PermissionDenied && !refusalFails);
            return unknown ? Unknown(name, e.Message, e.RecommendedAction) : Fail(name, e.Message, e.RecommendedAction);
        }
    }
}
