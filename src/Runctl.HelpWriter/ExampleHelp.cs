namespace Runctl.HelpWriter;

/// <summary>An example.</summary>
/// <param name="Code">The commands.</param>
/// <param name="About">What they do.</param>
/// <param name="Screen">What they show, or null.</param>
/// <param name="Runs">Whether the tests run it in a sandbox.</param>
internal sealed record ExampleHelp(string Code, string About, string? Screen, bool Runs);
