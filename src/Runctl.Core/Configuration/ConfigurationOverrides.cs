namespace Runctl.Configuration;

/// <summary>Settings that come from parameters or the session, by the property names of <see cref="RunctlConfiguration"/>; null leaves the rest to decide.</summary>
/// <param name="Parameters">From parameters of the command: beat everything.</param>
/// <param name="Session">From the session (a sandbox in use, AWS.Tools' defaults): beat environment and file.</param>
public sealed record ConfigurationOverrides(IReadOnlyDictionary<string, object?> Parameters, IReadOnlyDictionary<string, object?> Session)
{
    /// <summary>Those of the parameters that the object a command works on decides, by property.</summary>
    public IReadOnlySet<string> OfObject { get; init; } = new HashSet<string>();
}
