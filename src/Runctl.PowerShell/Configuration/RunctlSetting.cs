using System.Collections;
using System.Globalization;

namespace Runctl.PowerShell.Configuration;

/// <summary>A setting in force and where it came from.</summary>
/// <param name="name">Name of the setting, as the parameters and properties are called.</param>
/// <param name="value">Its value; secrets are masked.</param>
/// <param name="source">Parameter, Session, Environment (with the variable), File (with the line) or Default.</param>
/// <param name="path">The configuration file that was read, or null.</param>
public sealed class RunctlSetting(string name, object? value, string source, string? path)
{
    /// <summary>Name of the setting, as the parameters and properties are called.</summary>
    public string Name { get; } = name;

    /// <summary>Its value; secrets are masked.</summary>
    public object? Value { get; } = value;

    /// <summary>Parameter, Session, Environment (with the variable), File (with the line) or Default.</summary>
    public string Source { get; } = source;

    /// <summary>The configuration file that was read, or null.</summary>
    public string? Path { get; } = path;

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>The value as people read it, and as it could stand in .runctl.toml.</summary>
    public string DisplayValue => Display(Value);

    private static string Display(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        TimeSpan span => span.TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s",
        IDictionary table => string.Join(", ", table.Keys.Cast<object>().Select(key => $"{key} = {Display(table[key])}")),
        IEnumerable list => string.Join(", ", list.Cast<object?>().Select(Display)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
