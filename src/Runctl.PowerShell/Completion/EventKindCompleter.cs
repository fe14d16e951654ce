using Runctl.Events;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes kinds of events.</summary>
internal sealed class EventKindCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) => EventKinds.All.Concat(EventKinds.OfSessions).Order(StringComparer.Ordinal).Select(kind => Name(kind));
}
