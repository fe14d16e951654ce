using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Secrets;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox;

/// <summary>Sends a request to the service it was signed for, once its signature has proved right.</summary>
internal sealed class SandboxRouter(
    SignatureVerifier verifier,
    IReadOnlyDictionary<string, Func<HttpExchange, SignedRequest, CancellationToken, Task>> services,
    ConditionTable conditions,
    FaultGate gate,
    string region)
{
    /// <summary>The service name that control requests are signed for.</summary>
    public const string ControlService = "runctl-sandbox";

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpExchange exchange, CancellationToken ct)
    {
        if (exchange.Request is { Method: "GET", RawPath: "/_sandbox" })
        {
            await Sandbox.ControlService.AnswerAsync(exchange, 200, new { schema = 1, sandbox = true }, ct).ConfigureAwait(false);
            return;
        }

        var service = ServiceOf(exchange.Request);
        var caller = conditions.OfCaller(verifier.Peek(exchange.Request)?.InstanceId);
        exchange.DateShift = -(caller?.Current.ClockOffset ?? TimeSpan.Zero);
        try
        {
            if (caller is not null && service == "s3")
            {
                exchange.Request.Body.Link = caller.Up;
                exchange.Link = caller.Down;
                await Task.Delay(caller.Current.LinkLatency, ct).ConfigureAwait(false);
            }

            var signed = await verifier.VerifyAsync(exchange.Request, exchange.DateShift, ct).ConfigureAwait(false);
            if (!services.TryGetValue(signed.Scope.Service, out var handle))
            {
                throw new SignatureException(SignatureFailure.Incomplete, $"The sandbox has no service '{signed.Scope.Service}'.");
            }

            // A client in another region would silently see other resources on AWS; here it is told.
            if (signed.Scope.Region != region && signed.Scope.Service != "s3" && signed.Scope.Service != "sts")
            {
                throw new SignatureException(SignatureFailure.Incomplete,
                    $"Credential should be scoped to a valid region, not '{signed.Scope.Region}': this sandbox is {region}.");
            }

            if (signed.Scope.Service == ControlService)
            {
                await handle(exchange, signed, ct).ConfigureAwait(false);
                return;
            }

            var call = await ServiceCallReader.ReadAsync(signed, ct).ConfigureAwait(false);
            await gate.HandleAsync(exchange, call, () => handle(exchange, signed, ct), ct).ConfigureAwait(false);
        }
        catch (SignatureException e) when (!exchange.Started)
        {
            await RefuseAsync(exchange, service, e, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Which service an unverified request means, to refuse it in that service's form.</summary>
    private static string ServiceOf(HttpRequest request) =>
        CredentialScope.Peek(request)?.Service
        ?? (request.RawPath.StartsWith("/_sandbox/", StringComparison.Ordinal) ? ControlService
            : SecretsService.Operation(request).Length > 0 ? "secretsmanager"
            : request.Headers.Contains("X-Amz-Target") ? "ssm"
            : request.Headers["Content-Type"]?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) == true ? "ec2"
            : "s3");

    private static Task RefuseAsync(HttpExchange exchange, string service, SignatureException failure, CancellationToken ct)
    {
        if (service == ControlService)
        {
            // No protocol of AWS's: whatever is wrong with the signature, the answer is no, and in the form of the other answers.
            var problem = SignatureErrors.For(failure, ServiceDialect.Json);
            return Sandbox.ControlService.AnswerAsync(exchange, 403, Sandbox.ControlService.Error(problem.Code, problem.Message), ct);
        }

        if (service == "s3")
        {
            return S3Service.RespondErrorAsync(exchange, failure, ct);
        }

        var dialect = service switch { "ssm" or "secretsmanager" => ServiceDialect.Json, "ec2" => ServiceDialect.Ec2, _ => ServiceDialect.Query };
        return ErrorAnswer.SendAsync(exchange, service, SignatureErrors.For(failure, dialect), ct);
    }
}
