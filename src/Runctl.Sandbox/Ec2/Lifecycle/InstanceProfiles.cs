namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>IAM instance profiles, by name and by ARN.</summary>
internal static class InstanceProfiles
{
    private const string ArnPrefix = $"arn:aws:iam::{NetworkTable.OwnerId}:instance-profile/";

    public static string Arn(string name) => ArnPrefix + name;

    /// <summary>The id, e.g. <c>AIPA...</c>.</summary>
    public static string Id(string name) => "AIPA" + Ids.Derive("p", name)[^16..].ToUpperInvariant();

    /// <summary>The name of the profile that is meant, or null where none is given.</summary>
    /// <exception cref="Ec2Exception">It does not exist.</exception>
    public static string? Resolve(string? name, string? arn, IReadOnlyCollection<string> existing)
    {
        var byArn = name is null && arn is not null;
        var meant = byArn && arn!.StartsWith(ArnPrefix, StringComparison.Ordinal) ? arn[ArnPrefix.Length..] : name;
        return (name ?? arn) is null || existing.Contains(meant) ? meant : throw new Ec2Exception("InvalidParameterValue", byArn
            ? $"Value ({arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
            : $"Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name");
    }
}
