using Runctl.Errors;

namespace Runctl.PowerShell.Targets;

/// <summary>What a target turned out to be: a thing, or the reason why there is none.</summary>
/// <typeparam name="T">The kind of thing.</typeparam>
/// <param name="Target">What the user named.</param>
/// <param name="Value">The thing, or null.</param>
/// <param name="Error">Why there is none.</param>
internal sealed record Resolved<T>(RunctlTarget Target, T? Value, RunctlException? Error = null)
    where T : class;
