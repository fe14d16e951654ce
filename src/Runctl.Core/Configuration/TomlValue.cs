namespace Runctl.Configuration;

/// <summary>A value and where it stands.</summary>
/// <param name="Value">string, long, double, bool, DateTimeOffset, <see cref="TomlTable"/> or a list of <see cref="TomlValue"/>.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
public sealed record TomlValue(object Value, int Line, int Column);
