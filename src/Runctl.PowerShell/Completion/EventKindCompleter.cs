using System.Reflection;
using Runctl.Events;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes kinds of events.</summary>
internal sealed class EventKindCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) =>
        typeof(EventKinds).GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static).Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => Name((string)field.GetRawConstantValue()!)).OrderBy(name => name.Key, StringComparer.Ordinal);
}
