using Runctl.Sandbox.Control;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Ssm;
using Runctl.Sandbox.Sts;

namespace Runctl.Sandbox;

/// <summary>Verifies a request and hands it to the service its signature names, as AWS's endpoints would.</summary>
internal sealed class SandboxRouter(
    SignatureVerifier verifier, Ec2Service ec2, SsmService ssm, S3Service s3, StsService sts, ControlService control)
{
    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpExchange exchange, CancellationToken ct)
    {
        if (exchange.Request is { Method: "GET", RawPath: ControlService.Root })
        {
            await ControlService.IntroduceAsync(exchange, ct).ConfigureAwait(false);
            return;
        }

        // Without a scope the request is not signed; S3 is the one service that people address by hand.
        var service = CredentialScope.Peek(exchange.Request)?.Service ?? "s3";
        try
        {
            var signed = await verifier.VerifyAsync(exchange.Request, ct).ConfigureAwait(false);
            await (service switch
            {
                "ec2" => ec2.HandleAsync(exchange, signed, ct),
                "ssm" => ssm.HandleAsync(exchange, signed, ct),
                "s3" => s3.HandleAsync(exchange, signed, ct),
                "sts" => sts.HandleAsync(exchange, signed, ct),
                ControlService.Name => control.HandleAsync(exchange, signed, ct),
                _ => ControlService.RespondErrorAsync(exchange, new ServiceError(501, "NotImplemented", $"The sandbox has no service '{service}'."), ct),
            }).ConfigureAwait(false);
        }
        catch (SignatureException refusal) when (!exchange.Started)
        {
            await RefuseAsync(exchange, service, refusal, ct).ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpExchange exchange, string service, SignatureException refusal, CancellationToken ct)
    {
        switch (service)
        {
            case "s3":
                return S3Service.RespondErrorAsync(exchange, refusal, ct);
            case "sts":
                return StsService.RespondErrorAsync(exchange, refusal, ct);
            case "ec2":
                var error = SignatureErrors.For(refusal, ServiceDialect.Ec2);
                return Ec2Service.RefuseAsync(exchange, error.Status, error.Code, error.Message, Guid.NewGuid().ToString(), ct);
            case "ssm":
                return SsmService.RespondErrorAsync(exchange, SignatureErrors.For(refusal, ServiceDialect.Json), ct);
            default:
                return ControlService.RespondErrorAsync(exchange, SignatureErrors.For(refusal, ServiceDialect.Json), ct);
        }
    }
}
