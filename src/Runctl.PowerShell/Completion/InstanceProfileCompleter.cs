namespace Runctl.PowerShell.Completion;

/// <summary>Completes names of instance profiles: the configured one and those of instances this session has seen. IAM is not asked: no policy of Runctl lets a person list them.</summary>
internal sealed class InstanceProfileCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) =>
        (scope.Configuration.IamInstanceProfile is { } profile ? [Name(profile, "iam_instance_profile of the settings in force")] : Enumerable.Empty<KeyValuePair<string, string>>())
            .Concat(scope.Known.InstanceProfiles);
}
