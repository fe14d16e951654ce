using System.Management.Automation;
using System.Text.RegularExpressions;
using Runctl.Instances;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Targets;

/// <summary>What a command is to work on: a run, an instance, a checkpoint, or all runs or instances whose ids match a wildcard. Ids convert to it, and so do all objects that have one.</summary>
public sealed class RunctlTarget
{
    private RunctlTarget(TargetKind kind, string id) => (Kind, Id) = (kind, id);

    /// <summary>Reads an id as people type it: of a run, of an instance (i-...), or a wildcard. A prompt converts what is typed with it.</summary>
    /// <param name="id">The id.</param>
    public RunctlTarget(string id)
    {
        Id = id ?? "";
        Kind = Id.Length == 0 ? TargetKind.Nothing
            : WildcardPattern.ContainsWildcardCharacters(Id) ? TargetKind.Pattern
            : Id.StartsWith("s3://", StringComparison.OrdinalIgnoreCase) ? TargetKind.Checkpoint
            : IsInstanceId(Id) ? TargetKind.Instance
            : TargetKind.Run;
    }

    /// <summary>The id or the wildcard.</summary>
    public string Id { get; }

    /// <summary>What the id belongs to.</summary>
    internal TargetKind Kind { get; private init; }

    /// <summary>The run, or null where an instance is meant.</summary>
    internal string? RunId => Kind == TargetKind.Run ? Id : Run;

    /// <summary>The instance, or null where a run is meant.</summary>
    internal string? InstanceId => Kind == TargetKind.Instance ? Id : null;

    /// <summary>The run of a checkpoint, or null where it is not known.</summary>
    internal string? Run { get; private init; }

    /// <summary>Where the object was found; what is null is not known.</summary>
    internal TargetPlace Place { get; private init; } = TargetPlace.Unknown;

    /// <summary>The object, where one was given.</summary>
    internal object? Source { get; private init; }

    /// <summary>Whether it names many things: to find none is no error then.</summary>
    internal bool IsPattern => Kind == TargetKind.Pattern;

    /// <summary>The wildcard for a run's last six characters, by which tables show it, or null for another id. It has to match one run.</summary>
    internal string? TailPattern => Kind == TargetKind.Run && IsTail(Id) ? $"*-{Id}" : null;

    /// <summary>Whether it is an instance type, which names no thing.</summary>
    internal bool NamesInstanceType => Kind == TargetKind.Run && Regex.IsMatch(Id, @"^[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[a-z0-9]+)?)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>The id.</summary>
    public override string ToString() => Id;

    /// <summary>Reads what a parameter was given; a list is read item by item, and so are the reservations of Get-EC2Instance.</summary>
    internal static IEnumerable<RunctlTarget> Of(object? value)
    {
        var item = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return item switch
        {
            RunctlTarget target => [target],
            null => [Nothing("null")],
            string id => [new RunctlTarget(id.Trim())],
            int or long or double or decimal when TypedNumber(value!) is { } tail => [new RunctlTarget(tail)],
            Uri uri => [new RunctlTarget(uri.OriginalString)],
            System.Collections.IDictionary => [OfObject(new TargetProperties(value!))],
            System.Collections.IEnumerable list => OfMany(list, "an empty list"),
            _ => new TargetProperties(value!) is { Reserved: { } reserved } ? OfMany(reserved, "a reservation without instances") : [OfObject(new TargetProperties(value!))],
        };
    }

    private static RunctlTarget[] OfMany(System.Collections.IEnumerable list, string empty)
    {
        RunctlTarget[] targets = [.. list.Cast<object?>().SelectMany(Of)];
        return targets.Length > 0 ? targets : [Nothing(empty)];
    }

    private static RunctlTarget OfObject(TargetProperties properties)
    {
        var place = TargetPlace.Of(properties);
        var (runId, instanceId) = (properties.Text("RunId"), properties.Text("InstanceId"));

        // An instance brings the run that was on it when it was looked at: it is the instance that is meant.
        if (instanceId is not null && (runId is null || properties.Has("InstanceType") || properties.TypeName == nameof(RunctlInstance)))
        {
            return new RunctlTarget(TargetKind.Instance, instanceId) { Place = place, Source = properties.Source };
        }

        if (properties.Text("Manifest") is { } manifest)
        {
            return new RunctlTarget(TargetKind.Checkpoint, manifest) { Run = runId, Place = place, Source = properties.Source };
        }

        return runId is not null
            ? new RunctlTarget(TargetKind.Run, runId) { Place = place, Source = properties.Source }
            : Nothing($"{properties.TypeName.WithArticle()} that has neither a run id nor an instance id");
    }

    private static RunctlTarget Nothing(string what) => new(TargetKind.Nothing, "") { Source = what };

    /// <summary>The last six characters of a run as they were typed, where the engine took them for a number: 626888, 012345, 12345d, 1e2345.</summary>
    private static string? TypedNumber(object value)
    {
        var typed = LanguagePrimitives.ConvertTo<string>(value);
        return IsTail(typed) ? typed : null;
    }

    private static bool IsTail(string id) => id.Length == 6 && id.All(char.IsAsciiHexDigit);

    /// <summary>Run ids begin with a project's name, which may be "i".</summary>
    private static bool IsInstanceId(string id) => id.StartsWith("i-", StringComparison.Ordinal) && !id.AsSpan(2).Contains('-');
}
