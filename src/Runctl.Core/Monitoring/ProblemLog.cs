namespace Runctl.Monitoring;

/// <summary>What does not work at the moment, by what it is about: told when it begins, not again while it lasts, and told when it is over.</summary>
internal sealed class ProblemLog(Action<string> tell)
{
    private readonly Dictionary<string, (HashSet<string> Causes, string? Over)> _standing = new(StringComparer.Ordinal);

    /// <summary>Something does not work.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="cause">Another cause of the same is told as well, once.</param>
    /// <param name="message">What to tell.</param>
    /// <param name="over">What to tell when it works again; null for nothing.</param>
    public void Begin(string subject, string cause, string message, string? over = null)
    {
        if (!_standing.TryGetValue(subject, out var standing))
        {
            _standing[subject] = standing = (new(StringComparer.Ordinal), over);
        }

        if (standing.Causes.Add(cause))
        {
            tell(message);
        }
    }

    /// <summary>It works.</summary>
    public void End(string subject)
    {
        if (_standing.Remove(subject, out var standing) && standing.Over is { } over)
        {
            tell(over);
        }
    }
}
