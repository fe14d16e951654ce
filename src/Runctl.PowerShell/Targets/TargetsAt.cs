using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Targets;

/// <summary>The targets of one place, which are looked up together.</summary>
/// <param name="Scope">Settings and connection of the place.</param>
/// <param name="Targets">The targets, in the order they were given.</param>
internal sealed record TargetsAt(CommandScope Scope, List<RunctlTarget> Targets);
