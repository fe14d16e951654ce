namespace Runctl.PowerShell.Completion;

/// <summary>Completes names of profiles, from the files of the AWS CLI and the SDKs.</summary>
internal sealed class ProfileCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) =>
        ProfileFile.Names("AWS_CONFIG_FILE", "config").Concat(ProfileFile.Names("AWS_SHARED_CREDENTIALS_FILE", "credentials")).OrderBy(name => name.Key, StringComparer.Ordinal);
}
