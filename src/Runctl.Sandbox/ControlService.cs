using System.Globalization;
using System.Text;
using System.Text.Json;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox;

/// <summary>What drills and tests ask of the sandbox itself.</summary>
internal sealed class ControlService(InstanceRegistry registry)
{
    /// <summary>Answers a signed request.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest request, CancellationToken ct)
    {
        if (exchange.Request is not { Method: "POST", RawPath: "/_sandbox/interrupt" })
        {
            await AnswerAsync(exchange, 404, Error("NotFound", "The sandbox knows POST /_sandbox/interrupt."), ct).ConfigureAwait(false);
            return;
        }

        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: ct).ConfigureAwait(false);
            var id = body.RootElement.GetProperty("instance_id").GetString() ?? "";
            var window = TimeSpan.FromSeconds(body.RootElement.GetProperty("window_seconds").GetDouble());
            var action = body.RootElement.TryGetProperty("action", out var given) ? given.GetString() : null;
            var time = await registry.InterruptAsync(id, window, action).ConfigureAwait(false);
            var text = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            await AnswerAsync(exchange, 200, new { schema = 1, time = text }, ct).ConfigureAwait(false);
        }
        catch (Ec2Exception e)
        {
            await AnswerAsync(exchange, e.Status, Error(e.Code, e.Message), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            await AnswerAsync(exchange, 400, Error("InvalidRequest", e.Message), ct).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with JSON.</summary>
    public static Task AnswerAsync(HttpExchange exchange, int status, object body, CancellationToken ct) =>
        exchange.RespondAsync(
            status, new HttpHeaders { { "Content-Type", "application/json" } },
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(body)), ct);

    /// <summary>The body of a refusal.</summary>
    public static object Error(string id, string message) => new { schema = 1, error = new { id, message } };
}
