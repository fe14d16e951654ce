using Runctl.PowerShell.Configuration;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes names of settings.</summary>
internal sealed class SettingCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) => GetRunctlConfigurationCommand.Names.Order(StringComparer.Ordinal).Select(name => Name(name));
}
