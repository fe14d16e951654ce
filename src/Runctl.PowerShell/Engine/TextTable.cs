using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Runctl.PowerShell.Engine;

/// <summary>Reads the hash tables of parameters.</summary>
internal static class TextTable
{
    /// <summary>Names and values as text, by the invariant culture.</summary>
    public static IReadOnlyDictionary<string, string> Of(Hashtable table) => table.Cast<DictionaryEntry>().ToDictionary(
        entry => Text(entry.Key),
        entry => Text(entry.Value),
        StringComparer.Ordinal);

    private static string Text(object? value) =>
        Convert.ToString(value is PSObject wrapped ? wrapped.BaseObject : value, CultureInfo.InvariantCulture) ?? "";
}
