using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Runctl.PowerShell.Targets;

/// <summary>The properties of an object that may name something: one of ours, what JSON, CSV, Clixml or another session made of it, one of AWS.Tools, or a hash table.</summary>
internal sealed class TargetProperties(object source)
{
    private static readonly string[] Groups = ["Instances", "Reservations"];

    /// <summary>The object itself.</summary>
    public object Source { get; } = source is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : source;

    /// <summary>Its type, in a word.</summary>
    public string TypeName => Source switch
    {
        PSObject custom when custom.TypeNames.FirstOrDefault() is { } name && !name.EndsWith(".PSCustomObject", StringComparison.Ordinal) => name[(name.LastIndexOf('.') + 1)..],
        PSObject => "PSCustomObject",
        var other => other.GetType().Name,
    };

    /// <summary>The instances of a reservation (Get-EC2Instance), or the reservations of an answer (aws ec2 describe-instances); null where it is neither.</summary>
    public IEnumerable? Reserved => Has("InstanceId") ? null : Groups.Select(Find).Select(value => value is PSObject wrapped ? wrapped.BaseObject : value).OfType<IList>().FirstOrDefault();

    /// <summary>Whether it has a property, whatever its value.</summary>
    public bool Has(string property) => Source is IDictionary table
        ? table.Keys.OfType<string>().Contains(property, StringComparer.OrdinalIgnoreCase)
        : PSObject.AsPSObject(Source).Properties[property] is not null;

    /// <summary>A property as text, or null where it is missing or empty.</summary>
    public string? Text(string property) => TextOf(Find(property));

    /// <summary>A property of a property as text, or null where one is missing or empty.</summary>
    public string? Text(string property, string inner) => Find(property) is { } value ? new TargetProperties(value).Text(inner) : null;

    private object? Find(string property) => Source is IDictionary table
        ? table.Keys.OfType<string>().FirstOrDefault(key => key.Equals(property, StringComparison.OrdinalIgnoreCase)) is { } key ? table[key] : null
        : PSObject.AsPSObject(Source).Properties[property]?.Value;

    private static string? TextOf(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string { Length: > 0 } text => text,
        Uri uri => uri.OriginalString,
        _ => null,
    };
}
