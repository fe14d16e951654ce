using System.Collections;
using System.Management.Automation;
using System.Reflection;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Jobs;

/// <summary>Makes the object that binds to a cmdlet in a job as one of the pipeline has bound to it here.</summary>
internal static class JobInput
{
    /// <summary>The object.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="parameterSet">The parameter set that was chosen.</param>
    /// <param name="bound">What the pipeline has bound.</param>
    public static PSObject Of(Type cmdlet, string parameterSet, IEnumerable<KeyValuePair<string, object>> bound)
    {
        var values = bound.ToDictionary(StringComparer.OrdinalIgnoreCase);
        var whole = values.Keys.FirstOrDefault(name => TakesWhole(cmdlet, name, parameterSet));
        if (whole is null)
        {
            return WithProperties(new PSObject(), values);
        }

        var value = Single(values[whole]);
        values.Remove(whole);
        // An object of the user's has these as its own properties, and is not changed; a text and a target have none.
        return value is string or RunctlTarget ? WithProperties(new PSObject(value), values) : PSObject.AsPSObject(value);
    }

    private static PSObject WithProperties(PSObject made, Dictionary<string, object> values)
    {
        foreach (var (name, value) in values)
        {
            made.Properties.Add(new PSNoteProperty(name, value));
        }

        return made;
    }

    private static bool TakesWhole(Type cmdlet, string parameter, string parameterSet) =>
        cmdlet.GetProperty(parameter) is { } property && property.GetCustomAttributes<ParameterAttribute>(true)
            .Any(attribute => attribute.ValueFromPipeline && (attribute.ParameterSetName == parameterSet || attribute.ParameterSetName == ParameterAttribute.AllParameterSets));

    private static object Single(object value)
    {
        value = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return value is IList { Count: 1 } list && list[0] is { } only ? Single(only) : value;
    }
}
