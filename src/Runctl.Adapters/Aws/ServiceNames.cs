using System.Net.Sockets;
using Amazon.Runtime;

namespace Runctl.Adapters.Aws;

/// <summary>Names of the SDK's, as people know them.</summary>
internal static class ServiceNames
{
    private const string RequestSuffix = "Request";

    /// <summary>The service of a call.</summary>
    public static string ServiceOf(IRequestContext call) => call.OriginalRequest.GetType().Namespace?.Split('.') switch
    {
        [_, "EC2", ..] => "EC2",
        [_, "S3", ..] => "S3",
        [_, "SimpleSystemsManagement", ..] => "SSM",
        [_, "SecurityToken", ..] => "STS",
        [_, var other, ..] => other,
        _ => "AWS",
    };

    /// <summary>The operation of a call.</summary>
    public static string OperationOf(IRequestContext call) =>
        call.RequestName.EndsWith(RequestSuffix, StringComparison.Ordinal) ? call.RequestName[..^RequestSuffix.Length] : call.RequestName;

    /// <summary>Why a call failed, in a word or two: no message of a service, which may quote what was sent.</summary>
    public static string ReasonOf(Exception failure) => failure switch
    {
        AmazonServiceException { ErrorCode: { Length: > 0 } code } => code,
        AmazonServiceException { StatusCode: not 0 } answered => $"HTTP {(int)answered.StatusCode}",
        OperationCanceledException or TimeoutException => "no answer in time",
        _ when IsRefused(failure) => "the connection was refused",
        _ => "the connection failed",
    };

    /// <summary>Whether nothing listens at the endpoint: waiting for it rarely helps.</summary>
    public static bool IsRefused(Exception? failure)
    {
        while (failure is not null and not SocketException)
        {
            failure = failure.InnerException;
        }

        return failure is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
    }
}
