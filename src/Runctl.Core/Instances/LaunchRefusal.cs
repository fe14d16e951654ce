using Runctl.Errors;

namespace Runctl.Instances;

/// <summary>What a refusal of EC2 means that is no lack of capacity: what is wrong, and which parameter or setting corrects it.</summary>
/// <param name="Code">EC2's error code; with a star at its end, the beginning of it.</param>
/// <param name="Words">A word that EC2's message has to have, or null: some codes stand for many things.</param>
/// <param name="Id">The error's id.</param>
/// <param name="Kind">The error's kind.</param>
/// <param name="Problem">What is wrong, as a sentence without its full stop.</param>
/// <param name="Action">What corrects it.</param>
/// <param name="IsOfPool">Whether another subnet or type may do all the same; else no pool and no later try can help.</param>
internal sealed record LaunchRefusal(string Code, string? Words, string Id, ErrorKind Kind, Func<LaunchRequest, string> Problem, string Action, bool IsOfPool = false)
{
    private const string File = "under [aws] in .runctl.toml";

    /// <summary>The refusals that are known. The first that fits counts.</summary>
    public static IReadOnlyList<LaunchRefusal> All { get; } =
    [
        new("InvalidParameterValue", "iamInstanceProfile", "InstanceProfileNotFound", ErrorKind.NotFound, r => $"EC2 does not know the instance profile {r.IamInstanceProfile}",
            $"Use the name or ARN of an instance profile, which may differ from its role's: 'aws iam list-instance-profiles' lists them. Give it with -IamInstanceProfile, or correct iam_instance_profile {File}. EC2 knows a new profile after some seconds."),
        new("UnauthorizedOperation", "iam:PassRole", "LaunchNotAllowed", ErrorKind.PermissionDenied, r => $"These credentials may not give an instance the role of the profile {r.IamInstanceProfile}",
            "Allow iam:PassRole on the role of the instance profile in the policy of these credentials, or give another profile with -IamInstanceProfile. " + RunctlErrors.PersonPolicyAction),
        new("UnauthorizedOperation", null, "LaunchNotAllowed", ErrorKind.PermissionDenied, _ => "These credentials may not launch instances this way",
            "The policy has to allow ec2:CreateFleet, ec2:RunInstances and ec2:CreateTags for instances, volumes, network interfaces and spot requests, and iam:PassRole for the instance profile's role. 'aws sts decode-authorization-message --encoded-message TEXT' says what an encoded message means. " + RunctlErrors.PersonPolicyAction),
        new("AuthFailure.ServiceLinkedRoleCreationNotPermitted", null, "SpotRoleMissing", ErrorKind.PermissionDenied, _ => "The account has never used spot instances, and these credentials may not create the role that EC2 needs for them",
            "Let an administrator run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"),
        new("InvalidAMIID.*", null, "ImageNotFound", ErrorKind.NotFound, r => $"EC2 has no image {r.ImageId ?? "as chosen"} for this account in this region",
            $"Images belong to a region. Give one of this region with -ImageId, correct ami {File}, or leave both out."),
        new("OptInRequired", null, "ImageNotSubscribed", ErrorKind.PermissionDenied, r => $"The account has not accepted the terms of the image {r.ImageId ?? "as chosen"}, or may not use this region",
            $"Subscribe to the image in AWS Marketplace, or give another with -ImageId (ami {File})."),
        new("InvalidParameterValue", "architecture", "ImageArchitecture", ErrorKind.InvalidInput, r => $"The image {r.ImageId ?? "as chosen"} is of another architecture than {string.Join(", ", r.InstanceTypes)}",
            $"Leave -ImageId (ami {File}) out to have one chosen, or give other types with -InstanceType.", IsOfPool: true),
        new("InvalidGroup*", null, "SecurityGroupNotFound", ErrorKind.NotFound, Groups, SecurityGroups),
        new("InvalidSecurityGroup*", null, "SecurityGroupNotFound", ErrorKind.NotFound, Groups, SecurityGroups),
        new("InvalidParameter*", "belong to different networks", "NetworksDiffer", ErrorKind.InvalidInput, r => $"The security groups {string.Join(", ", r.SecurityGroupIds)} belong to another VPC than the subnet",
            $"Give security groups of the subnet's VPC with -SecurityGroupId (security_group_ids {File}), or subnets of the groups' VPC with -SubnetId (subnet_ids).", IsOfPool: true),
        new("InvalidSubnet*", null, "SubnetNotFound", ErrorKind.NotFound, r => $"EC2 cannot use the subnets {string.Join(", ", r.SubnetIds)}",
            $"Give subnets of this region with -SubnetId, or correct subnet_ids {File}; 'aws ec2 describe-subnets' lists them.", IsOfPool: true),
        new("VPCIdNotSpecified", null, "SubnetMissing", ErrorKind.NotFound, _ => "The account has no default VPC in this region", $"Give -SubnetId, set subnet_ids {File}, or create a default VPC."),
        new("InvalidKeyPair*", null, "KeyPairNotFound", ErrorKind.NotFound, _ => "EC2 does not know the key pair", "Runctl launches without a key pair; look for one that a policy or a tool of the account adds to launches."),
        new("UnsupportedHibernationConfiguration", null, "HibernationNotSupported", ErrorKind.InvalidInput, Types("cannot hibernate as asked for"), Hibernation, IsOfPool: true),
        new("Unsupported*", "ibernat", "HibernationNotSupported", ErrorKind.InvalidInput, Types("cannot hibernate as asked for"), Hibernation, IsOfPool: true),
        new("InvalidParameter*", "ibernat", "HibernationNotSupported", ErrorKind.InvalidInput, Types("cannot hibernate as asked for"), Hibernation, IsOfPool: true),
        new("Unsupported*", null, "InstanceTypeNotOffered", ErrorKind.InvalidInput, Types("cannot be had as asked for"), Zones, IsOfPool: true),
        new("InvalidFleetConfig*", null, "InstanceTypeNotOffered", ErrorKind.InvalidInput, Types("cannot be had as asked for"), Zones, IsOfPool: true),
        new("InvalidInstanceType", null, "InstanceTypeUnknown", ErrorKind.InvalidInput, Types("is no type that EC2 knows"), $"Correct -InstanceType, or default_instance_type {File}.", IsOfPool: true),
        new("InvalidParameterCombination", "ree tier", "InstanceTypeNotFree", ErrorKind.InvalidInput, Types("is not in the free plan of the account"), "Upgrade the plan of the account, or give types of the free tier with -InstanceType.", IsOfPool: true),
        new("InvalidBlockDeviceMapping", null, "VolumeInvalid", ErrorKind.InvalidInput, r => $"The volume cannot be made{(r.VolumeSizeGiB is { } size ? $" with {size} GiB" : "")}", "Give a larger -VolumeSize, or leave it out for the image's own size."),
        new("Blocked", null, "AccountNotReady", ErrorKind.PermissionDenied, _ => "AWS has blocked the account", Support),
        new("PendingVerification", null, "AccountNotReady", ErrorKind.PermissionDenied, _ => "AWS is still verifying the account for this region", "Try again when AWS has sent its message, within four hours at most as a rule."),
    ];

    private const string SecurityGroups = $"Give the ids (sg-...) of groups of the subnet's VPC with -SecurityGroupId, or correct security_group_ids {File}; 'aws ec2 describe-security-groups' lists them.";

    private const string Hibernation = "Use -InterruptionBehavior Stop, or a type and an image that can hibernate.";

    private const string Zones = $"Give subnets of other zones with -SubnetId (subnet_ids {File}), or other types with -InstanceType. 'aws ec2 describe-instance-type-offerings --location-type availability-zone --filters Name=instance-type,Values=TYPE' lists the zones of a type.";

    private const string Support = "Ask AWS Support.";

    /// <summary>The meaning of a refusal, or null if it is one of capacity, or not known.</summary>
    public static LaunchRefusal? Find(string code, string message) =>
        All.FirstOrDefault(r => ServiceRefusal.Fits(r.Code, code) && (r.Words is null || message.Contains(r.Words, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The error.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="reasons">EC2's own words.</param>
    /// <param name="code">EC2's code.</param>
    /// <param name="cause">The cause, where there is one.</param>
    public RunctlException ToException(LaunchRequest request, string reasons, string code, Exception? cause) =>
        RunctlErrors.LaunchRefused(Id, Kind, request.Count, string.Join(", ", request.InstanceTypes), Problem(request), reasons, code, Action, cause);

    private static string Groups(LaunchRequest request) => request.SecurityGroupIds.Count == 0 ? "EC2 does not know a security group" : $"EC2 does not know the security groups {string.Join(", ", request.SecurityGroupIds)}, or one of them";

    private static Func<LaunchRequest, string> Types(string problem) => request => $"{string.Join(" or ", request.InstanceTypes)} {problem}";
}
