using Runctl.Instances;
using static Runctl.Policies.RunctlPolicyFor;

namespace Runctl.Policies;

/// <summary>All that Runctl needs, for either side: the one list. Resources and condition keys are those of AWS's Service Authorization Reference.</summary>
internal static class PolicyList
{
    private const string Launched = "arn:{partition}:ec2:{region}:{account}:";
    private const string Bucket = "arn:{partition}:s3:::{bucket}";

    private static readonly PolicyTest Asked = new("StringEquals", "aws:RequestTag/" + RunctlTags.Managed, "1");
    private static readonly PolicyTest Owned = new("StringEquals", "aws:ResourceTag/" + RunctlTags.Managed, "1");
    private static readonly PolicyTest Listed = new("StringLike", "s3:prefix", "{prefix}/*", "{run_prefix}/*");
    private static readonly PolicyTest ByService = new("StringLike", "kms:ViaService", "s3.{region}.*", "ssm.{region}.*", "secretsmanager.{region}.*");

    /// <summary>Every rule there is.</summary>
    public static IReadOnlyList<PolicyRule> Rules { get; } =
    [
        new(Instance, "SsmAgent",
            [
                "ssm:UpdateInstanceInformation",
                "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
                "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply",
            ],
            ["*"], "The SSM agent takes commands of Runctl and answers them."),
        new(Instance, "ListBucket", ["s3:ListBucket"], [Bucket], "The guard lists checkpoints, and S3 says that an object is missing instead of 403.") { Tests = [Listed] },
        new(Instance, "ReadBucket", ["s3:GetObject"], [Bucket + "/{prefix}/*", Bucket + "/{run_prefix}/orders/*", Bucket + "/{run_prefix}/runs/*"],
            "The guard reads what people ordered, the record of the run and checkpoints."),
        new(Instance, "WriteCheckpoints", ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], [Bucket + "/{prefix}/*"],
            "The guard uploads checkpoints, and a successor continues an upload that was cut off."),
        new(Instance, "WriteRecords", ["s3:PutObject"], [Bucket + "/{run_prefix}/runs/*", Bucket + "/{run_prefix}/index/*"],
            "The guard writes the record, events and log of a run."),
        new(Instance, "DeleteOld", ["s3:DeleteObject"], [Bucket + "/{prefix}/*", Bucket + "/{run_prefix}/runs/*/log/*", Bucket + "/{run_prefix}/runs/.check/*"],
            "The guard deletes checkpoints beyond keep_last_n, log segments that it has merged, and the objects of a check."),
        new(Instance, "ReadParameters", ["ssm:GetParameter"], ["{ssm_parameters}"], "The guard reads the values that settings refer to with ssm:."),
        new(Instance, "ReadSecrets", ["secretsmanager:GetSecretValue"], ["{secrets}"], "The guard reads the values that settings refer to with secretsmanager:."),
        new(Instance, "UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], ["{kms_keys}"], "S3, SSM and Secrets Manager decrypt and encrypt with the key.") { Tests = [ByService] },

        new(Person, "Look",
            ["ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeSpotInstanceRequests", "ec2:DescribeSpotPriceHistory", "ec2:DescribeSubnets"],
            ["*"], "The cmdlets look at instances, prices and places to launch in; EC2 knows no resources for these actions."),
        new(Person, "FindImage", ["ssm:GetParameter"],
            ["arn:{partition}:ssm:{region}::parameter/aws/service/canonical/*", "arn:{partition}:ssm:{region}::parameter/aws/service/deeplearning/*"],
            "New-RunctlSpotInstance finds the current image if the setting ami names none."),
        new(Person, "CreateTemplate", ["ec2:CreateLaunchTemplate"], [Launched + "launch-template/*"], "A launch is described by a launch template.") { Tests = [Asked] },
        new(Person, "UseTemplate", ["ec2:CreateFleet", "ec2:DeleteLaunchTemplate", "ec2:RunInstances"], [Launched + "launch-template/*"],
            "A launch uses its template, and deletes it.") { Tests = [Owned] },
        new(Person, "LaunchFrom", ["ec2:CreateFleet", "ec2:RunInstances"],
            ["arn:{partition}:ec2:{region}::image/*", Launched + "subnet/*"], "Instances are launched from an image, in a subnet."),
        new(Person, "LaunchWith", ["ec2:RunInstances"], [Launched + "security-group/*"], "Instances are launched with security groups."),
        new(Person, "Launch", ["ec2:RunInstances"],
            [Launched + "instance/*", Launched + "network-interface/*", Launched + "spot-instances-request/*", Launched + "volume/*"],
            "Instances are launched with the tag of Runctl, and never without.") { Tests = [Asked] },
        new(Person, "CreateFleet", ["ec2:CreateFleet"], [Launched + "fleet/*"], "A fleet chooses among types and zones.") { Tests = [Asked] },
        new(Person, "FleetOf", ["ec2:CreateFleet"], [Launched + "instance/*", Launched + "volume/*"],
            "A fleet consists of instances and volumes; their tags are in the template, and Launch demands them."),
        new(Person, "TagAtLaunch", ["ec2:CreateTags"],
            [.. new[] { "fleet", "instance", "launch-template", "network-interface", "spot-instances-request", "volume" }.Select(type => $"{Launched}{type}/*")],
            "What is launched has its tags from the first moment.")
        {
            Tests = [new("StringEquals", "ec2:CreateAction", "CreateFleet", "CreateLaunchTemplate", "RunInstances")],
        },
        new(Person, "TagInstance", ["ec2:CreateTags"], [Launched + "instance/*"], "An instance says which run is on it, and its price.")
        {
            Tests = [new("ForAllValues:StringEquals", "aws:TagKeys", RunctlTags.Price, RunctlTags.Project, RunctlTags.RunId)],
            OwnOnly = [Owned],
        },
        new(Person, "StopAndStart", ["ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"], [Launched + "instance/*"],
            "The cmdlets stop, start and remove instances.") { OwnOnly = [Owned] },
        new(Person, "CancelRequest", ["ec2:CancelSpotInstanceRequests"], [Launched + "spot-instances-request/*"],
            "A persistent spot request is cancelled before its instance is removed, else EC2 launches another.") { OwnOnly = [Owned] },
        new(Person, "PassRole", ["iam:PassRole"], ["arn:{partition}:iam::{account}:role/{role}"], "Instances are launched with this role, and with no other.")
        {
            Tests = [new("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", "ec2.amazonaws.com.cn")],
        },
        new(Person, "SpotRole", ["iam:CreateServiceLinkedRole"], ["arn:{partition}:iam::{account}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"],
            "EC2 makes its own role at the first spot instance of an account.")
        {
            Tests = [new("StringEquals", "iam:AWSServiceName", "spot.amazonaws.com")],
        },
        new(Person, "SendCommand", ["ssm:SendCommand"], ["arn:{partition}:ssm:{region}::document/AWS-RunShellScript"], "The cmdlets ask the guard by commands of SSM."),
        new(Person, "CommandInstance", ["ssm:SendCommand"], [Launched + "instance/*"], "Commands go to instances of Runctl.")
        {
            OwnOnly = [new("StringEquals", "ssm:resourceTag/" + RunctlTags.Managed, "1")],
        },
        new(Person, "ReadCommand", ["ssm:CancelCommand", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommandInvocations"], ["*"],
            "The cmdlets wait for the answers, and cancel what takes too long; SSM knows no resources for these actions."),
        new(Person, "FindBucket", ["s3:GetBucketLocation"], [Bucket], "The cmdlets say if the bucket is in another region."),
        new(Person, "ListBucket", ["s3:ListBucket"], [Bucket], "The cmdlets list runs, logs and checkpoints, and S3 says that an object is missing instead of 403.") { Tests = [Listed] },
        new(Person, "ReadBucket", ["s3:GetObject"], [Bucket + "/{prefix}/*", Bucket + "/{run_prefix}/*"], "The cmdlets read runs, logs and checkpoints."),
        new(Person, "WriteOrders", ["s3:AbortMultipartUpload", "s3:PutObject"], [Bucket + "/{run_prefix}/orders/*"], "The person decides what runs: specification, code, guard."),
        new(Person, "WriteRecords", ["s3:PutObject"], [Bucket + "/{run_prefix}/runs/*", Bucket + "/{run_prefix}/index/*"], "A session claims a run in its record."),
        new(Person, "TryBucket", ["s3:DeleteObject", "s3:PutObject"],
            [Bucket + "/{prefix}/runctl-check-*", Bucket + "/{prefix}/*/runctl-check-*", Bucket + "/{run_prefix}/runs/.check/*"],
            "Test-RunctlSetup writes small objects and deletes them."),
        new(Person, "UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], ["{kms_keys}"], "S3 decrypts and encrypts with the key.") { Tests = [ByService] },
    ];
}
