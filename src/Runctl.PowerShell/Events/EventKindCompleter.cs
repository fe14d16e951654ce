using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Runctl.Events;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Events;

/// <summary>Completes kinds of event.</summary>
internal sealed class EventKindCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Of(EventKinds.All.Select(kind => KeyValuePair.Create(kind, kind)), wordToComplete);
}
