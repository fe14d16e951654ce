using System.Collections.Concurrent;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Targets;

/// <summary>Finds the checkpoints that the targets of one place mean: those that are named, and of runs the newest of each.</summary>
internal sealed class CheckpointResolver(CommandScope scope)
{
    private readonly CheckpointCatalog _catalog = new(scope.Cloud, scope.Configuration);

    /// <summary>Manifests that a search met and that cannot be used: they hide no other.</summary>
    public ConcurrentQueue<RunctlException> Refused { get; } = new();

    /// <summary>The checkpoints in the order of the targets. A literal that means nothing is an error, a wildcard that matches nothing is left out.</summary>
    public async Task<IReadOnlyList<Resolved<RunctlCheckpoint>>> ResolveAsync(IReadOnlyList<RunctlTarget> targets, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunctlTarget> ofRuns = [.. targets.Where(target => target.Kind != TargetKind.Checkpoint)];
        var runs = ofRuns.Count == 0 ? [] : await new RunResolver(scope).ResolveAsync(ofRuns, cancellationToken).ConfigureAwait(false);
        var newest = await NewestAsync([.. runs.Select(run => run.Value?.RunId).OfType<string>()], cancellationToken).ConfigureAwait(false);
        var found = new List<Resolved<RunctlCheckpoint>>();
        foreach (var target in targets)
        {
            if (target.Kind == TargetKind.Checkpoint)
            {
                found.Add(await ReadAsync(target, cancellationToken).ConfigureAwait(false));
            }

            found.AddRange(runs.Where(run => run.Target == target).Select(run => run.Value is not { } training ? new Resolved<RunctlCheckpoint>(target, null, run.Error)
                : newest.TryGetValue(training.RunId, out var checkpoint) ? new Resolved<RunctlCheckpoint>(target, checkpoint)
                : new Resolved<RunctlCheckpoint>(target, null, CommandErrors.CheckpointNotFound($"of run {training.RunId}", training.RunId))));
        }

        return found;
    }

    private async Task<Dictionary<string, RunctlCheckpoint>> NewestAsync(HashSet<string> runIds, CancellationToken cancellationToken)
    {
        var newest = new Dictionary<string, RunctlCheckpoint>(StringComparer.Ordinal);
        if (runIds.Count > 0)
        {
            // They come newest first.
            await foreach (var checkpoint in _catalog.FindAsync(null, null, null, cancellationToken, Refused.Enqueue).ConfigureAwait(false))
            {
                if (runIds.Contains(checkpoint.RunId) && newest.TryAdd(checkpoint.RunId, checkpoint) && newest.Count == runIds.Count)
                {
                    break;
                }
            }
        }

        return newest;
    }

    private async Task<Resolved<RunctlCheckpoint>> ReadAsync(RunctlTarget target, CancellationToken cancellationToken)
    {
        try
        {
            return new(target, target.Source as RunctlCheckpoint ?? await _catalog.GetAsync(target.Id, cancellationToken).ConfigureAwait(false));
        }
        catch (RunctlException e)
        {
            return new(target, null, e);
        }
    }
}
