using System.Collections;
using System.Text.RegularExpressions;
using Runctl.Configuration;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Training;

/// <summary>Puts the variables of a parameter over those of the configuration.</summary>
internal static partial class TrainingVariables
{
    /// <summary>Both together; those of the parameter win.</summary>
    public static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> configured, Hashtable given)
    {
        var merged = new Dictionary<string, string>(configured, StringComparer.Ordinal);
        foreach (var (name, value) in TextTable.Of(given))
        {
            merged[Name().IsMatch(name) ? name : throw CommandErrors.EnvironmentInvalid(name)] = value;
        }

        return merged;
    }

    /// <summary>Values of the parameter that should not be written out.</summary>
    public static IEnumerable<string> Warnings(Hashtable given) => TextTable.Of(given).Select(pair => SecretReference.Warning(pair.Key, pair.Value)).OfType<string>();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Name();
}
