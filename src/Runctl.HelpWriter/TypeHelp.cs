namespace Runctl.HelpWriter;

/// <summary>A type that a cmdlet takes or returns.</summary>
/// <param name="Name">Name of the type.</param>
/// <param name="About">What it is; empty if nothing is to be said.</param>
internal sealed record TypeHelp(string Name, string About);
