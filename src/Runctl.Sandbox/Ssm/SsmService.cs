using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Instances;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ssm;

/// <summary>SSM over JSON 1.1.</summary>
internal sealed class SsmService : IAsyncDisposable
{
    private const string TargetPrefix = "AmazonSSM.";

    private readonly Commands _commands;
    private readonly Dictionary<string, Func<JsonObject, JsonObject>> _operations;

    public SsmService(InstanceRegistry registry, Func<string, Machine?> machines, SandboxOptions options, TimeProvider clock)
    {
        var agents = new Agents(registry, machines, options, clock);
        var managed = new ManagedInstances(agents, clock);
        var parameters = new Parameters(options.Region, clock);
        _commands = new Commands(agents, clock);
        _operations = new(StringComparer.Ordinal)
        {
            ["SendCommand"] = _commands.Send,
            ["GetCommandInvocation"] = _commands.Get,
            ["ListCommandInvocations"] = _commands.List,
            ["CancelCommand"] = _commands.Cancel,
            ["DescribeInstanceInformation"] = managed.Describe,
            ["GetParameter"] = parameters.Get,
            ["GetParameters"] = parameters.GetMany,
        };
    }

    /// <summary>Answers a request whose signature was verified.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest signed, CancellationToken ct)
    {
        try
        {
            var target = exchange.Request.Headers["X-Amz-Target"] ?? "";
            var name = target.StartsWith(TargetPrefix, StringComparison.Ordinal) ? target[TargetPrefix.Length..] : "";
            if (!_operations.TryGetValue(name, out var operation))
            {
                throw new SsmException("UnknownOperationException", $"The sandbox does not know the operation '{target}'.");
            }

            var request = await JsonSerializer.DeserializeAsync<JsonObject>(signed.Body, cancellationToken: ct).ConfigureAwait(false) ?? [];
            await RespondAsync(exchange, 200, operation(request), ct).ConfigureAwait(false);
        }
        catch (SsmException e)
        {
            await RespondErrorAsync(exchange, new ServiceError(400, e.Code, e.Message), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException && !exchange.Started)
        {
            await RespondErrorAsync(exchange, new ServiceError(400, "SerializationException", e.Message), ct).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a request whose signature was refused.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, SignatureException refusal, CancellationToken ct) =>
        RespondErrorAsync(exchange, SignatureErrors.For(refusal, ServiceDialect.Json), ct);

    /// <summary>Answers with any error, e.g. one injected as a fault.</summary>
    public static Task RespondErrorAsync(HttpExchange exchange, ServiceError error, CancellationToken ct) =>
        RespondAsync(exchange, error.Status, new JsonObject { ["__type"] = error.Code, ["message"] = error.Message }, ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _commands.DisposeAsync();

    private static Task RespondAsync(HttpExchange exchange, int status, JsonObject answer, CancellationToken ct)
    {
        var headers = new HttpHeaders
        {
            { "Content-Type", "application/x-amz-json-1.1" },
            { "x-amzn-RequestId", Guid.NewGuid().ToString() },
        };
        return exchange.RespondAsync(status, headers, Encoding.UTF8.GetBytes(answer.ToJsonString()), ct);
    }
}
