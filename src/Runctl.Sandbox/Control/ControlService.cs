using System.Text.Json;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Control;

/// <summary>What a sandbox lets its users do and AWS does not: interrupting an instance at will.</summary>
internal sealed class ControlService(InstanceRegistry registry)
{
    /// <summary>The service that requests are signed for.</summary>
    public const string Name = "runctl-sandbox";

    /// <summary>Where it is found, and where anybody may ask whether this is a sandbox.</summary>
    public const string Root = "/_sandbox";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Says that this is a sandbox; needs no signature.</summary>
    public static Task IntroduceAsync(HttpExchange exchange, CancellationToken ct) =>
        RespondAsync(exchange, 200, new { schema = 1, sandbox = true }, ct);

    /// <summary>Answers with an error.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, ServiceError error, CancellationToken ct) =>
        RespondAsync(exchange, error.Status, new { schema = 1, error = new { id = error.Code, message = error.Message } }, ct);

    /// <summary>Answers a request whose signature was verified.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest signed, CancellationToken ct)
    {
        if (exchange.Request is not { Method: "POST", RawPath: Root + "/interrupt" })
        {
            await RespondErrorAsync(exchange, new ServiceError(404, "NotFound", $"Nothing is at {exchange.Request.RawPath}."), ct).ConfigureAwait(false);
            return;
        }

        try
        {
            var order = await JsonSerializer.DeserializeAsync<InterruptionOrder>(signed.Body, Json, ct).ConfigureAwait(false);
            if (order is not { InstanceId: { } instanceId, WindowSeconds: >= 0 and <= 86400 })
            {
                throw new JsonException("instance_id and window_seconds (0 to 86400) are needed.");
            }

            var time = await registry.InterruptAsync(instanceId, TimeSpan.FromSeconds(order.WindowSeconds), order.Action).ConfigureAwait(false);
            await RespondAsync(exchange, 200, new { schema = 1, time = time.UtcDateTime }, ct).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            await RespondErrorAsync(exchange, new ServiceError(400, "InvalidRequest", e.Message), ct).ConfigureAwait(false);
        }
        catch (Ec2Exception e)
        {
            await RespondErrorAsync(exchange, new ServiceError(400, e.Code, e.Message), ct).ConfigureAwait(false);
        }
    }

    private static Task RespondAsync(HttpExchange exchange, int status, object answer, CancellationToken ct) =>
        exchange.RespondAsync(status, new HttpHeaders { { "Content-Type", "application/json" } }, JsonSerializer.SerializeToUtf8Bytes(answer), ct);
}
