using Runctl.Errors;

namespace Runctl.Instances;

/// <summary>An instance of a launch that was waited for.</summary>
/// <param name="Instance">The instance.</param>
/// <param name="Failure">Why it did not become ready, and whether it is removed; null if it is ready.</param>
public sealed record ReadyInstance(RunctlInstance Instance, RunctlException? Failure);
