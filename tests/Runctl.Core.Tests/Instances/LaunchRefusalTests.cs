using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Core.Tests.Instances;

public sealed class LaunchRefusalTests
{
    private static readonly LaunchRequest Request = new()
    {
        InstanceTypes = ["g5.xlarge"],
        IamInstanceProfile = "Trainer",
        ImageId = "ami-1",
        SecurityGroupIds = ["sg-1"],
        SubnetIds = ["subnet-1", "subnet-2"],
    };

    [Theory]
    [InlineData("InvalidParameterValue", "Value (Trainer) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", "InstanceProfileNotFound", "profile Trainer", "-IamInstanceProfile", "iam_instance_profile")]
    [InlineData("InvalidParameterValue", "Value (arn:aws:iam::1:role/Trainer) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", "InstanceProfileNotFound", "profile Trainer", "-IamInstanceProfile", "iam_instance_profile")]
    [InlineData("InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist", "ImageNotFound", "image ami-1", "-ImageId", "ami under [aws]")]
    [InlineData("InvalidAMIID.Malformed", "Invalid id: \"ami-1\" (expecting \"ami-...\")", "ImageNotFound", "image ami-1", "-ImageId", "ami under [aws]")]
    [InlineData("InvalidAMIID.Unavailable", "The image ID 'ami-1' is not available", "ImageNotFound", "image ami-1", "-ImageId", "ami under [aws]")]
    [InlineData("OptInRequired", "In order to use this AWS Marketplace product you need to accept terms and subscribe.", "ImageNotSubscribed", "image ami-1", "-ImageId", "Marketplace")]
    [InlineData("InvalidParameterValue", "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the specified AMI.", "ImageArchitecture", "ami-1", "-ImageId", "-InstanceType")]
    [InlineData("InvalidGroup.NotFound", "The security group 'sg-1' does not exist", "SecurityGroupNotFound", "sg-1", "-SecurityGroupId", "security_group_ids")]
    [InlineData("InvalidGroupId.Malformed", "Invalid id: \"sg-1\"", "SecurityGroupNotFound", "sg-1", "-SecurityGroupId", "security_group_ids")]
    [InlineData("InvalidSecurityGroupID.NotFound", "The security group 'sg-1' does not exist", "SecurityGroupNotFound", "sg-1", "-SecurityGroupId", "security_group_ids")]
    [InlineData("InvalidParameter", "Security group sg-1 and subnet subnet-1 belong to different networks.", "NetworksDiffer", "sg-1", "-SecurityGroupId", "-SubnetId")]
    [InlineData("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist", "SubnetNotFound", "subnet-1", "-SubnetId", "subnet_ids")]
    [InlineData("InvalidSubnetId.Malformed", "Invalid id", "SubnetNotFound", "subnet-1", "-SubnetId", "subnet_ids")]
    [InlineData("InvalidSubnet.Conflict", "The CIDR conflicts", "SubnetNotFound", "subnet-1", "-SubnetId", "subnet_ids")]
    [InlineData("VPCIdNotSpecified", "No default VPC for this user", "SubnetMissing", "default VPC", "-SubnetId", "subnet_ids")]
    [InlineData("InvalidKeyPair.NotFound", "The key pair 'k' does not exist", "KeyPairNotFound", "key pair", "key pair", "policy")]
    [InlineData("Unsupported", "Your requested instance type (g5.xlarge) is not supported in your requested Availability Zone (us-east-1e).", "InstanceTypeNotOffered", "g5.xlarge", "-SubnetId", "-InstanceType")]
    [InlineData("InvalidFleetConfiguration", "Your requested instance type (g5.xlarge) is not supported in your requested Availability Zone (us-east-1e).", "InstanceTypeNotOffered", "g5.xlarge", "-SubnetId", "describe-instance-type-offerings")]
    [InlineData("UnsupportedOperation", "The requested configuration is currently not supported.", "InstanceTypeNotOffered", "g5.xlarge", "-SubnetId", "-InstanceType")]
    [InlineData("UnsupportedOperation", "Hibernation is not supported by the instance type.", "HibernationNotSupported", "g5.xlarge", "-InterruptionBehavior Stop", "type")]
    [InlineData("UnsupportedHibernationConfiguration", "The volume is not encrypted.", "HibernationNotSupported", "g5.xlarge", "-InterruptionBehavior Stop", "type")]
    [InlineData("InvalidBlockDeviceMapping", "Volume of size 8GB is smaller than snapshot 'snap-1', expect size >= 30GB", "VolumeInvalid", "volume", "-VolumeSize", "image")]
    [InlineData("UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: abc", "LaunchNotAllowed", "credentials", "ec2:RunInstances", "decode-authorization-message")]
    [InlineData("UnauthorizedOperation", "User: arn:aws:iam::1:user/me is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/Trainer", "LaunchNotAllowed", "profile Trainer", "iam:PassRole", "-IamInstanceProfile")]
    [InlineData("AuthFailure.ServiceLinkedRoleCreationNotPermitted", "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.", "SpotRoleMissing", "spot", "create-service-linked-role", "spot.amazonaws.com")]
    [InlineData("InvalidParameterCombination", "The specified instance type is not eligible for Free Tier.", "InstanceTypeNotFree", "g5.xlarge", "-InstanceType", "plan")]
    [InlineData("Blocked", "This account is currently blocked", "AccountNotReady", "blocked", "Support", "Support")]
    [InlineData("PendingVerification", "Your request for accessing resources in this region is being validated", "AccountNotReady", "verifying", "Try again", "again")]
    public void A_mistake_is_named_with_what_corrects_it_however_EC2_tells_it(string code, string message, string id, string named, params string[] remedy)
    {
        var whole = PoolErrorReport.Explain(Request, new RunctlException(code, ErrorKind.InvalidInput, $"EC2 RunInstances: {message}", innerException: new InvalidOperationException(message)) { ServiceErrorCode = code });
        foreach (var error in new[] { Of(new PoolError(code, message, "g5.xlarge", "subnet-1", "us-east-1a")), whole })
        {
            Assert.Equal((id, false, code), (error.Id, error.IsTransient, error.ServiceErrorCode));
            Assert.StartsWith("No instance of g5.xlarge could be launched. ", error.Message, StringComparison.Ordinal);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
            Assert.Contains(message.TrimEnd('.'), error.Message, StringComparison.Ordinal);
            Assert.All(remedy, word => Assert.Contains(word, error.RecommendedAction, StringComparison.Ordinal));
            Assert.DoesNotContain("later", error.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("InsufficientInstanceCapacity", "later")]
    [InlineData("UnfulfillableCapacity", "later")]
    [InlineData("MaxSpotInstanceCountExceeded", "Service Quotas")]
    [InlineData("VcpuLimitExceeded", "Service Quotas")]
    [InlineData("InstanceLimitExceeded", "Service Quotas")]
    [InlineData("InsufficientFreeAddressesInSubnet", "-SubnetId")]
    public void What_may_pass_stays_a_launch_that_can_be_tried_again(string code, string remedy)
    {
        var error = Of(new PoolError(code, "No.", "g5.xlarge", "subnet-1", "us-east-1a"));
        Assert.Equal(("LaunchFailed", true), (error.Id, error.IsTransient));
        Assert.Contains(remedy, error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaxSpotInstanceCountExceeded", "g5.xlarge", "All G and VT Spot Instance Requests (L-3819A6DF)")]
    [InlineData("MaxSpotInstanceCountExceeded", "gr6.4xlarge", "L-3819A6DF")]
    [InlineData("MaxSpotInstanceCountExceeded", "p4d.24xlarge", "All P4, P3 and P2 Spot Instance Requests (L-7212CCBC)")]
    [InlineData("MaxSpotInstanceCountExceeded", "p5en.48xlarge", "All P5 Spot Instance Requests (L-C4BD4855)")]
    [InlineData("MaxSpotInstanceCountExceeded", "c7i.large", "L-34B43A08")]
    [InlineData("MaxSpotInstanceCountExceeded", "im4gn.large", "L-34B43A08")]
    [InlineData("MaxSpotInstanceCountExceeded", "inf2.xlarge", "L-B5D1601B")]
    [InlineData("MaxSpotInstanceCountExceeded", "trn1.2xlarge", "L-6B0D517C")]
    [InlineData("VcpuLimitExceeded", "g5.xlarge", "Running On-Demand G and VT instances (L-DB2E81BA)")]
    [InlineData("VcpuLimitExceeded", "p6-b200.48xlarge", "L-417A185B")]
    public void A_quota_that_is_used_up_is_named_with_its_code_and_the_command_that_shows_it(string code, string type, string quota)
    {
        var error = Of(new PoolError(code, "No.", type, "subnet-1", "eu-west-1a"), new PoolError(code, "No.", type, "subnet-2", "eu-west-1b"));
        Assert.Contains(quota, error.RecommendedAction, StringComparison.Ordinal);
        var number = quota[quota.IndexOf("L-", StringComparison.Ordinal)..].TrimEnd(')');
        Assert.Contains($"/services/ec2/quotas/{number}. ", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains($"aws service-quotas get-service-quota --service-code ec2 --quota-code {number} --region eu-west-1", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(code == "MaxSpotInstanceCountExceeded", error.RecommendedAction!.Contains("-OnDemandFallback", StringComparison.Ordinal));
    }

    [Fact]
    public void Types_of_two_families_name_both_quotas()
    {
        var error = Of(new PoolError("MaxSpotInstanceCountExceeded", "No.", "g5.xlarge", null, null), new PoolError("MaxSpotInstanceCountExceeded", "No.", "c7i.large", null, null));
        Assert.Contains("L-3819A6DF", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("L-34B43A08", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quota_that_the_documentation_does_not_name_is_not_guessed() =>
        Assert.DoesNotContain("L-", Of(new PoolError("MaxSpotInstanceCountExceeded", "No.", "p6-b200.48xlarge", null, null)).RecommendedAction, StringComparison.Ordinal);

    [Fact]
    public void A_mistake_in_what_all_pools_share_is_not_waited_out_although_EC2_calls_the_rest_unfulfillable()
    {
        var error = Of(
            new PoolError("UnfulfillableCapacity", "Unable to fulfill capacity due to your request configuration.", "g5.xlarge", "subnet-1", "us-east-1a"),
            new PoolError("UnfulfillableCapacity", "Unable to fulfill capacity due to your request configuration.", "g5.xlarge", "subnet-2", "us-east-1b"),
            new PoolError("InvalidParameterValue", "Value (Trainer) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", "g5.xlarge", "subnet-3", "us-east-1c"));
        Assert.Equal(("InstanceProfileNotFound", false), (error.Id, error.IsTransient));
    }

    [Fact]
    public void A_mistake_of_one_pool_leaves_the_others_to_be_tried_again()
    {
        var error = Of(
            new PoolError("InvalidFleetConfiguration", "Your requested instance type is not supported in your requested Availability Zone", "g5.xlarge", "subnet-1", "us-east-1a"),
            new PoolError("InsufficientInstanceCapacity", "No.", "g5.xlarge", "subnet-2", "us-east-1b"));
        Assert.Equal(("LaunchFailed", true), (error.Id, error.IsTransient));
    }

    [Fact]
    public void What_is_not_known_is_told_in_EC2s_words_and_is_not_called_a_lack_of_capacity()
    {
        var error = Of(new PoolError("SomethingNew", "No such thing.", "g5.xlarge", "subnet-1", "us-east-1a"));
        Assert.Equal(("LaunchFailed", false, "SomethingNew"), (error.Id, error.IsTransient, error.ServiceErrorCode));
        Assert.Contains("SomethingNew (g5.xlarge in us-east-1a): No such thing.", error.Message, StringComparison.Ordinal);
        Assert.Contains("Correct what EC2 names", error.RecommendedAction, StringComparison.Ordinal);
    }

    private static RunctlException Of(params PoolError[] errors) => PoolErrorReport.ToException(Request, errors, "eu-west-1");
}
