using System.Net.Sockets;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Core.Tests.Errors;

public sealed class ServiceRefusalTests
{
    // The codes that RunInstances, CreateFleet, Describe*, SSM, S3 and STS give most, with a word of the remedy that helps; an empty one where only EC2's own words help.
    [Theory]
    [InlineData("ExpiredToken", "The provided token has expired.", ErrorKind.Authentication, "aws sso login", false)]
    [InlineData("ExpiredTokenException", "The security token included in the request is expired", ErrorKind.Authentication, "aws sso login", false)]
    [InlineData("RequestExpired", "Request has expired.", ErrorKind.Authentication, "clock", false)]
    [InlineData("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", ErrorKind.Authentication, "clock", false)]
    [InlineData("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z", ErrorKind.Authentication, "clock", false)]
    [InlineData("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", ErrorKind.Authentication, "-ProfileName", false)]
    [InlineData("IncompleteSignature", "Credential should be scoped to a valid region.", ErrorKind.Authentication, "-Region", false)]
    [InlineData("AuthFailure", "AWS was not able to validate the provided access credentials", ErrorKind.Authentication, "aws sts get-caller-identity", false)]
    [InlineData("InvalidClientTokenId", "The security token included in the request is invalid.", ErrorKind.Authentication, "aws sts get-caller-identity", false)]
    [InlineData("UnrecognizedClientException", "The security token included in the request is invalid.", ErrorKind.Authentication, "aws sts get-caller-identity", false)]
    [InlineData("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", ErrorKind.Authentication, "AWS_ACCESS_KEY_ID", false)]
    [InlineData("UnauthorizedOperation", "You are not authorized to perform this operation.", ErrorKind.PermissionDenied, "Get-RunctlPolicy -For Person", false)]
    [InlineData("AccessDenied", "Access Denied", ErrorKind.PermissionDenied, "Get-RunctlPolicy -For Person", false)]
    [InlineData("AccessDeniedException", "User is not authorized to perform: ssm:SendCommand", ErrorKind.PermissionDenied, "Get-RunctlPolicy -For Person", false)]
    [InlineData("AuthFailure.ServiceLinkedRoleCreationNotPermitted", "", ErrorKind.PermissionDenied, "create-service-linked-role", false)]
    [InlineData("OptInRequired", "You are not subscribed to this service.", ErrorKind.PermissionDenied, "enable-region", false)]
    [InlineData("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", ErrorKind.ResourceUnavailable, "Service Quotas", true)]
    [InlineData("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit", ErrorKind.ResourceUnavailable, "Service Quotas", true)]
    [InlineData("InstanceLimitExceeded", "Your quota allows for 0 more running instance(s).", ErrorKind.ResourceUnavailable, "Service Quotas", true)]
    [InlineData("InsufficientInstanceCapacity", "We currently do not have sufficient capacity", ErrorKind.ResourceUnavailable, "more instance types", true)]
    [InlineData("UnfulfillableCapacity", "Unable to fulfill capacity", ErrorKind.ResourceUnavailable, "more instance types", true)]
    [InlineData("InsufficientFreeAddressesInSubnet", "There are not enough free addresses", ErrorKind.ResourceUnavailable, "-SubnetId", true)]
    [InlineData("SpotMaxPriceTooLow", "Your Spot request price is lower than the minimum", ErrorKind.InvalidInput, "-MaxPrice", false)]
    [InlineData("RequestLimitExceeded", "Request limit exceeded.", ErrorKind.Connection, "in a moment", true)]
    [InlineData("ThrottlingException", "Rate exceeded", ErrorKind.Connection, "in a moment", true)]
    [InlineData("SlowDown", "Please reduce your request rate.", ErrorKind.Connection, "in a moment", true)]
    [InlineData("InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist", ErrorKind.NotFound, "Get-RunctlInstance", false)]
    [InlineData("InvalidInstanceID.Malformed", "Invalid id", ErrorKind.NotFound, "Get-RunctlInstance", false)]
    [InlineData("IncorrectInstanceState", "The instance 'i-1' is not in a state from which it can be started.", ErrorKind.InvalidState, "Get-RunctlInstance", false)]
    [InlineData("OperationNotPermitted", "The instance 'i-1' may not be terminated. Modify its 'disableApiTermination' instance attribute", ErrorKind.InvalidState, "--no-disable-api-termination", false)]
    [InlineData("InvalidInstanceId", "Instances not in a valid state for account", ErrorKind.InvalidState, "SSM agent", false)]
    [InlineData("InvalidDocument", "Document AWS-RunShellScript does not exist", ErrorKind.NotFound, "AWS-RunShellScript", false)]
    [InlineData("ParameterNotFound", "", ErrorKind.NotFound, "aws ssm put-parameter", false)]
    [InlineData("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", ErrorKind.NotFound, "create-secret", false)]
    [InlineData("InvocationDoesNotExist", "", ErrorKind.NotFound, "", false)]
    [InlineData("NoSuchBucket", "The specified bucket does not exist", ErrorKind.NotFound, "s3_bucket", false)]
    [InlineData("NoSuchKey", "The specified key does not exist.", ErrorKind.NotFound, "", false)]
    [InlineData("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", ErrorKind.InvalidInput, "-Region", false)]
    [InlineData("AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'eu-west-1'", ErrorKind.InvalidInput, "-Region", false)]
    [InlineData("InvalidObjectState", "The operation is not valid for the object's storage class", ErrorKind.InvalidState, "restore-object", false)]
    [InlineData("KMS.DisabledException", "The key is disabled.", ErrorKind.InvalidState, "s3_kms_key_id", false)]
    [InlineData("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", ErrorKind.Conflict, "", false)]
    [InlineData("ServiceUnavailable", "Please try again.", ErrorKind.Connection, "Try again", true)]
    [InlineData("InternalError", "We encountered an internal error.", ErrorKind.Connection, "Try again", true)]
    public void A_code_has_its_kind_and_the_remedy_that_helps(string code, string message, ErrorKind kind, string remedy, bool isTransient)
    {
        var found = ServiceRefusal.Find(code, message)!;
        Assert.Equal((kind, isTransient), (found.Kind, found.IsTransient));
        Assert.Equal(remedy.Length == 0, found.Action is null);
        Assert.Contains(remedy, found.Action ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_lack_of_capacity_is_answered_with_more_types_and_zones() => Assert.All(
        ServiceRefusal.All.Where(refusal => refusal.Action?.Contains("more instance types", StringComparison.Ordinal) == true),
        refusal => Assert.Contains(refusal.Code, (string[])["Insufficient*", "UnfulfillableCapacity"]));

    [Fact]
    public void Only_what_may_pass_is_answered_with_another_try() => Assert.All(
        ServiceRefusal.All.Where(refusal => !refusal.IsTransient && refusal.Action is not null),
        refusal => Assert.DoesNotMatch("(?i)try again|later", refusal.Action!));

    [Fact]
    public void Every_row_can_be_reached() => Assert.All(ServiceRefusal.All, refusal =>
        Assert.Same(refusal, ServiceRefusal.Find(refusal.Code.Replace("*", "X", StringComparison.Ordinal), refusal.Words ?? "")));

    [Theory]
    [InlineData("InsufficientInstanceCapacity")]
    [InlineData("SpotMaxPriceTooLow")]
    [InlineData("InsufficientFreeAddressesInSubnet")]
    [InlineData("InvalidClientTokenId")]
    public void A_launch_gives_the_same_remedy_as_any_other_call(string code) =>
        Assert.Equal(ServiceRefusal.Find(code, "No.")!.Action, PoolErrorReport.ToException(new LaunchRequest { InstanceTypes = ["g5.xlarge"] }, [new PoolError(code, "No.", "g5.xlarge", null, null)], "us-east-1").RecommendedAction);

    [Fact]
    public void A_launch_that_capacity_did_not_stop_never_names_capacity() =>
        Assert.DoesNotContain("more instance types", PoolErrorReport.ToException(new LaunchRequest { InstanceTypes = ["g5.xlarge"] }, [new PoolError("InvalidParameterValue", "Value (x) is invalid", "g5.xlarge", null, null)], "us-east-1").RecommendedAction, StringComparison.Ordinal);

    [Fact]
    public void A_refused_connection_is_not_called_silence()
    {
        var refused = RunctlErrors.ConnectionFailed("EC2", "DescribeInstances", "http://127.0.0.1:1/", new HttpRequestException("No.", new SocketException((int)SocketError.ConnectionRefused)));
        Assert.Contains("refused the connection", refused.Message, StringComparison.Ordinal);
        Assert.Contains("-EndpointUrl", refused.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("no answer", RunctlErrors.ConnectionFailed("EC2", "DescribeInstances", "http://127.0.0.1:1/", new IOException("Reset.")).Message, StringComparison.Ordinal);
    }
}
