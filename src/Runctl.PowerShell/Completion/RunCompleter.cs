using Runctl.Training;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes ids of runs, newest first: those this session has seen, or else those there are.</summary>
internal sealed class RunCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope)
    {
        if (!scope.Known.Runs.Any())
        {
            scope.Learn("runs", async (at, limit) =>
            {
                await foreach (var training in new RunFinder(at.Cloud, at.Configuration, TimeProvider.System).FindAsync(new TrainingQuery(), limit).ConfigureAwait(false))
                {
                    scope.Known.Add(training);
                }
            });
        }

        return scope.Known.Runs;
    }
}
