using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes names of checkpoints, newest first: of the runs that stand in the line, or of all.</summary>
internal sealed class CheckpointNameCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope)
    {
        var runs = scope.Targets("RunId").Select(target => Wildcards.OfWords(target.TailPattern ?? target.RunId ?? target.Id)).ToList();
        if (!Known().Any())
        {
            scope.Learn("checkpoints", async (at, limit) =>
            {
                await foreach (var checkpoint in new CheckpointCatalog(at.Cloud, at.Configuration).FindAsync(null, null, null, limit, _ => { }).ConfigureAwait(false))
                {
                    scope.Known.Add(checkpoint);
                }
            });
        }

        return Known();

        IEnumerable<KeyValuePair<string, string>> Known() => scope.Known.Checkpoints(run => runs.Count == 0 || runs.Exists(pattern => pattern.IsMatch(run)));
    }
}
