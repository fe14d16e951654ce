using System.Text;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Ssm;
using Runctl.Sandbox.Sts;

namespace Runctl.Sandbox.Faults;

/// <summary>Answers with an error in the form of the service that was asked.</summary>
internal static class ErrorAnswer
{
    /// <summary>Answers a request to a service.</summary>
    public static Task SendAsync(HttpExchange exchange, string service, ServiceError error, CancellationToken ct) => service switch
    {
        "ec2" => Ec2Service.RefuseAsync(exchange, error.Status, error.Code, error.Message, Guid.NewGuid().ToString(), ct),
        "ssm" or "secretsmanager" => SsmService.RefuseAsync(exchange, error.Status, error.Code, error.Message, ct),
        "s3" => S3Service.RespondErrorAsync(exchange, error, ct),
        "imds" => exchange.RespondAsync(
            error.Status, new HttpHeaders { { "Content-Type", "text/plain" } }, Encoding.UTF8.GetBytes(error.Message), ct),
        _ => StsService.RespondErrorAsync(exchange, error, ct),
    };
}
