namespace Runctl.PowerShell.Configuration;

/// <summary>A setting in force and where it came from.</summary>
/// <param name="Name">Name of the setting, as the parameters and properties are called.</param>
/// <param name="Value">Its value; secrets are masked.</param>
/// <param name="Source">Parameter, Session, Environment (with the variable), File (with the line) or Default.</param>
/// <param name="Path">The configuration file that was read, or null.</param>
public sealed record RunctlSetting(string Name, object? Value, string Source, string? Path);
