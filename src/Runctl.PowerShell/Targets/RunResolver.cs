using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Targets;

/// <summary>Finds the runs that the targets of one place mean: all ids by one search, all instances by another. It alone decides which attempt of a run is meant: the newest.</summary>
internal sealed class RunResolver(CommandScope scope)
{
    private readonly Dictionary<string, RunctlTraining> _runs = new(StringComparer.Ordinal);
    private readonly KnownTargets? _known = RunctlSession.OfThread?.Known;
    private readonly ConcurrentDictionary<string, RunctlException> _failures = new(StringComparer.Ordinal);
    private IReadOnlyList<RunctlTraining> _listed = [];
    private IReadOnlyList<RunctlTraining> _onInstances = [];

    /// <summary>Whether something is done with the runs: they are read from their records then, not from the index.</summary>
    public bool ToAct { get; init; } = true;

    /// <summary>Whether an instance means all runs that had an attempt on it.</summary>
    public bool TakesAllOnInstance { get; init; }

    /// <summary>Told, on any thread, of what keeps a search from being cheap.</summary>
    public Action<string>? OnUnknown { get; init; }

    /// <summary>
    /// The runs in the order of the targets, each once. An instance means what <see cref="RunsOnInstance"/> says, in a wildcard too; a checkpoint means its
    /// run; the last six characters of an id, by which tables show a run, mean that run. A literal that means nothing is an error, a wildcard that matches nothing is left out.
    /// </summary>
    public async Task<IReadOnlyList<Resolved<RunctlTraining>>> ResolveAsync(IReadOnlyList<RunctlTarget> targets, CancellationToken cancellationToken)
    {
        if (targets.Any(target => target.IsPattern || target.TailPattern is not null))
        {
            _listed = await SearchAsync(new TrainingQuery(), cancellationToken).ConfigureAwait(false);
        }

        var meant = new List<(RunctlTarget Target, string[] RunIds)>();
        foreach (var target in targets)
        {
            meant.Add((target, await RunIdsAsync(target, cancellationToken).ConfigureAwait(false)));
        }

        string[] runIds = [.. meant.SelectMany(m => m.RunIds).Distinct(StringComparer.Ordinal)];
        string[] instanceIds = [.. targets.Select(target => target.InstanceId).OfType<string>().Distinct(StringComparer.Ordinal)];
        foreach (var training in ToAct ? [] : _listed)
        {
            _runs[training.RunId] = training;
        }

        runIds = [.. runIds.Where(id => !_runs.ContainsKey(id))];
        foreach (var training in runIds.Length == 0 ? [] : await SearchAsync(new TrainingQuery { RunIds = runIds, ToAct = ToAct }, cancellationToken).ConfigureAwait(false))
        {
            _runs[training.RunId] = training;
        }

        _onInstances = instanceIds.Length == 0 ? [] : await SearchAsync(new TrainingQuery { InstanceIds = instanceIds, ToAct = ToAct }, cancellationToken).ConfigureAwait(false);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. meant.SelectMany(m => Find(m.Target, m.RunIds)).Where(found => found.Value is null || seen.Add(found.Value.RunId))];
    }

    private IEnumerable<Resolved<RunctlTraining>> Find(RunctlTarget target, string[] runIds) => target switch
    {
        { InstanceId: { } instanceId } => FindOn(target, instanceId),
        { IsPattern: true } => runIds.Select(_runs.GetValueOrDefault).OfType<RunctlTraining>().Select(training => new Resolved<RunctlTraining>(target, training))
            .Concat(_failures.Where(failure => IsMatch(target.Id, failure.Key)).Select(failure => new Resolved<RunctlTraining>(target, null, failure.Value))),
        { TailPattern: not null } when runIds.Length > 1 => [new Resolved<RunctlTraining>(target, null, CommandErrors.RunAmbiguous(target.Id, runIds))],
        _ => runIds.Select(id => Find(id, target) is { } training
            ? new Resolved<RunctlTraining>(target, training)
            : new Resolved<RunctlTraining>(target, null, _failures.GetValueOrDefault(id) ?? CommandErrors.TrainingNotFound(id, null))),
    };

    /// <summary>What no search finds may still be in hand: a run without a bucket, whose instance is gone.</summary>
    private RunctlTraining? Find(string runId, RunctlTarget target) => _runs.GetValueOrDefault(runId) ?? target.Source as RunctlTraining;

    private IEnumerable<Resolved<RunctlTraining>> FindOn(RunctlTarget target, string instanceId)
    {
        var meant = MeantOn(instanceId, _onInstances.Where(training => RunsOnInstance.InstancesOf(training).Contains(instanceId)));
        return meant.Count > 0
            ? meant.Select(training => new Resolved<RunctlTraining>(target, training))
            : [new Resolved<RunctlTraining>(target, null, CommandErrors.TrainingNotFound(null, instanceId))];
    }

    private IReadOnlyList<RunctlTraining> MeantOn(string instanceId, IEnumerable<RunctlTraining> runs) =>
        TakesAllOnInstance ? [.. runs] : RunsOnInstance.Meant(runs, instanceId);

    private async Task<string[]> RunIdsAsync(RunctlTarget target, CancellationToken cancellationToken) => target switch
    {
        { IsPattern: true } => Matching(target.Id),
        { TailPattern: { } pattern } => OfTail(target.Id, pattern),
        { RunId: { } id } => [id],
        { Kind: TargetKind.Checkpoint } => [(await new CheckpointCatalog(scope.Cloud, scope.Configuration).GetAsync(target.Id, cancellationToken).ConfigureAwait(false)).RunId],
        _ => [],
    };

    private string[] Matching(string pattern)
    {
        var isOfInstances = pattern.StartsWith("i-", StringComparison.OrdinalIgnoreCase);
        var onInstances = from run in isOfInstances ? _listed : []
                          from instanceId in RunsOnInstance.InstancesOf(run)
                          where IsMatch(pattern, instanceId)
                          group run by instanceId into runs
                          from meant in MeantOn(runs.Key, runs)
                          select meant;
        return [.. _listed.Where(run => IsMatch(pattern, run.RunId)).Concat(onInstances).Select(run => run.RunId).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The runs that the last six characters may mean; without any, the characters themselves, which no search finds.</summary>
    private string[] OfTail(string tail, string pattern)
    {
        string[] runIds = [.. Matching(pattern).Concat(Matching(tail)).Concat((_known?.Runs ?? []).Select(run => run.Key).Where(id => IsMatch(pattern, id))).Distinct(StringComparer.Ordinal)];
        return runIds.Length > 0 ? runIds : [tail];
    }

    private static bool IsMatch(string pattern, string id) => Wildcards.OfWords(pattern).IsMatch(id);

    private async Task<IReadOnlyList<RunctlTraining>> SearchAsync(TrainingQuery query, CancellationToken cancellationToken)
    {
        var finder = new RunFinder(scope.Cloud, scope.Configuration, TimeProvider.System) { OnUnknown = OnUnknown, OnFailed = (id, error) => _failures[id] = error };
        var found = new List<RunctlTraining>();
        await foreach (var training in finder.FindAsync(query, cancellationToken).ConfigureAwait(false))
        {
            found.Add(training);
        }

        return found;
    }
}
