namespace Runctl.Configuration;

/// <summary>A parsed table: values are string, long, double, bool, DateTimeOffset, <see cref="TomlTable"/> or lists of these, each with its place.</summary>
public sealed class TomlTable
{
    /// <summary>The entries in the file's order.</summary>
    public IDictionary<string, TomlValue> Entries { get; } = new Dictionary<string, TomlValue>(StringComparer.Ordinal);
}
