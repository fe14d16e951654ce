namespace Runctl.PowerShell.Completion;

/// <summary>Completes ids of security groups: those of the settings and of instances this session has seen. EC2 is not asked: no policy of Runctl lets a person list them.</summary>
internal sealed class SecurityGroupCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) =>
        scope.Configuration.SecurityGroupIds.Select(group => Name(group, "security_group_ids of the settings in force")).Concat(scope.Known.SecurityGroups);
}
