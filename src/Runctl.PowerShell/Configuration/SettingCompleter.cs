using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Configuration;

/// <summary>Completes names of settings.</summary>
internal sealed class SettingCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Of(GetRunctlConfigurationCommand.Names.Select(name => KeyValuePair.Create(name, name)), wordToComplete);
}
