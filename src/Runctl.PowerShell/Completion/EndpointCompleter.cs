using Runctl.PowerShell.Sandboxes;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes endpoints of the sandboxes of this process.</summary>
internal sealed class EndpointCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) =>
        RunningSandboxes.All.Select(sandbox => Name(sandbox.EndpointUrl.ToString(), $"sandbox in {sandbox.Region}{(sandbox.IsDefault ? ", in use by default" : "")}")).OrderBy(name => name.Key, StringComparer.Ordinal);
}
