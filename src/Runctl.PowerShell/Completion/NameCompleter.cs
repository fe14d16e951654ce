using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes names. A derived class gives the names in the order they are shown, each with a line about it.</summary>
internal abstract class NameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            return [.. Completions.Of(Names(new CompletionScope(fakeBoundParameters)).DistinctBy(name => name.Key, StringComparer.Ordinal), wordToComplete)];
        }
#pragma warning disable CA1031 // The user is typing: a name that cannot be found out is not offered, and the command itself says why.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }

    /// <summary>The names there are.</summary>
    protected abstract IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope);

    /// <summary>A name with a line about it.</summary>
    protected static KeyValuePair<string, string> Name(string name, string? about = null) => KeyValuePair.Create(name, about ?? "");
}
