namespace Runctl.HelpWriter;

/// <summary>Something to read next.</summary>
/// <param name="Text">Name of a cmdlet or topic, or a title.</param>
/// <param name="Address">Address of a page, or null for a name that Get-Help knows.</param>
internal sealed record LinkHelp(string Text, Uri? Address = null);
