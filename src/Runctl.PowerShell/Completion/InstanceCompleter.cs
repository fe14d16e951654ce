using Runctl.Instances;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes ids of instances, newest first: those this session has seen, or else those Runctl launched.</summary>
internal sealed class InstanceCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope)
    {
        if (!scope.Known.Instances.Any())
        {
            scope.Learn("instances", async (at, limit) =>
            {
                await foreach (var instance in new InstanceFinder(at.Cloud).FindAsync([], all: false, limit).ConfigureAwait(false))
                {
                    scope.Known.Add(instance);
                }
            });
        }

        return scope.Known.Instances;
    }
}
