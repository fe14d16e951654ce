using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Runctl.PowerShell.Composition;

/// <summary>Completes the ids of runs this session has seen.</summary>
internal sealed class RunCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Of(RunctlSession.Current.Known.Runs, wordToComplete);
}
