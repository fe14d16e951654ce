using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Targets;

/// <summary>Finds the instances that the targets of one place mean: all ids by one question, all wildcards by another, and the runs together. A run means the instance of its newest attempt.</summary>
internal sealed class InstanceResolver(CommandScope scope)
{
    /// <summary>States of the instances that wildcards are matched with; those of other states are found by their ids only.</summary>
    public IReadOnlyList<string> ListedStates { get; init; } = InstanceQuery.LiveStates;

    /// <summary>Whether wildcards match instances that Runctl did not launch.</summary>
    public bool IncludesForeign { get; init; }

    /// <summary>Told of each run that a target names, as its record has it now.</summary>
    public Action<RunctlTraining>? OnRun { get; init; }

    /// <summary>The instances in the order of the targets, each once. A literal that means nothing is an error, a wildcard that matches nothing is left out.</summary>
    public async Task<IReadOnlyList<Resolved<RunctlInstance>>> ResolveAsync(IReadOnlyList<RunctlTarget> targets, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunctlTarget> ofRuns = [.. targets.Where(target => !target.IsPattern && target.InstanceId is null)];
        var runs = ofRuns.Count == 0 ? [] : await new RunResolver(scope).ResolveAsync(ofRuns, cancellationToken).ConfigureAwait(false);
        foreach (var run in runs.Select(run => run.Value).OfType<RunctlTraining>())
        {
            OnRun?.Invoke(run);
        }

        var listed = targets.Any(target => target.IsPattern) ? await ListAsync(cancellationToken).ConfigureAwait(false) : [];
        var asked = targets.Select(target => new Resolved<string>(target, target.InstanceId)).Where(id => id.Value is not null).Concat(runs.Select(InstanceOf)).ToList();
        string[] ids = [.. asked.Select(id => id.Value).OfType<string>().Distinct(StringComparer.Ordinal)];
        var found = ids.Length == 0 ? [] : (await scope.Cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = ids }, cancellationToken).ConfigureAwait(false)).ToDictionary(instance => instance.InstanceId, StringComparer.Ordinal);
        var byTarget = asked.ToLookup(id => id.Target);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. targets
            .SelectMany(target => target.IsPattern ? Matching(target, listed) : byTarget[target].Select(id => Find(id, found)))
            .Where(one => one.Value is null || seen.Add(one.Value.InstanceId))];
    }

    private static Resolved<string> InstanceOf(Resolved<RunctlTraining> run) => run.Value switch
    {
        null => new(run.Target, null, run.Error),
        { InstanceId.Length: > 0 } training => new(run.Target, training.InstanceId),
        var training => new(run.Target, null, CommandErrors.RunNotPlaced(training)),
    };

    private Resolved<RunctlInstance> Find(Resolved<string> id, Dictionary<string, RunctlInstance> found) =>
        id.Value is null ? new(id.Target, null, id.Error)
        : found.TryGetValue(id.Value, out var instance) ? new(id.Target, instance)
        : new(id.Target, null, RunctlErrors.InstanceNotFound(id.Value, scope.Cloud.Region));

    private Task<IReadOnlyList<RunctlInstance>> ListAsync(CancellationToken cancellationToken) => scope.Cloud.Instances.FindAsync(
        new InstanceQuery { States = ListedStates, Tags = IncludesForeign ? new Dictionary<string, string?>() : new Dictionary<string, string?> { [RunctlTags.Managed] = null } }, cancellationToken);

    private static IEnumerable<Resolved<RunctlInstance>> Matching(RunctlTarget target, IReadOnlyList<RunctlInstance> listed)
    {
        var wildcard = Wildcards.OfWords(target.Id);
        return listed
            .Where(instance => wildcard.IsMatch(instance.InstanceId) || (instance.Tags.GetValueOrDefault(RunctlTags.RunId) is { } runId && wildcard.IsMatch(runId)))
            .Select(instance => new Resolved<RunctlInstance>(target, instance));
    }
}
