using System.Text;
using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Instances;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ssm;

/// <summary>SSM's JSON protocol.</summary>
internal sealed class SsmService
{
    private const string TargetPrefix = "AmazonSSM.";

    private readonly Dictionary<string, Func<JsonRequest, JsonObject>> _operations;

    public SsmService(InstanceRegistry registry, Func<string, Machine?> machines, SandboxOptions options, TimeProvider clock)
    {
        var instances = new ManagedInstances(registry, machines, options, clock);
        var commands = new CommandOperations(instances, new CommandStore(clock), clock);
        var parameters = new PublicParameters(options.Region);
        _operations = new(StringComparer.Ordinal)
        {
            ["SendCommand"] = commands.SendCommand,
            ["GetCommandInvocation"] = commands.GetCommandInvocation,
            ["ListCommandInvocations"] = commands.ListCommandInvocations,
            ["ListCommands"] = commands.ListCommands,
            ["CancelCommand"] = commands.CancelCommand,
            ["DescribeInstanceInformation"] = new InstanceInformation(instances, clock).Describe,
            ["GetParameter"] = parameters.GetParameter,
            ["GetParameters"] = parameters.GetParameters,
        };
    }

    /// <summary>Where faults are injected; null for none.</summary>
    public SsmFaultRule? FaultRule { get; set; }

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest request, CancellationToken ct)
    {
        try
        {
            var target = exchange.Request.Headers["X-Amz-Target"] ?? "";
            var name = target.StartsWith(TargetPrefix, StringComparison.Ordinal) ? target[TargetPrefix.Length..] : "";
            if (FaultRule is { } rule)
            {
                await rule(name, exchange, ct).ConfigureAwait(false);
                if (exchange.Started)
                {
                    return;
                }
            }

            if (!_operations.TryGetValue(name, out var operation))
            {
                throw new SsmException("UnknownOperationException", $"The sandbox does not know the operation {target}.");
            }

            var body = await JsonRequest.ReadAsync(request.Body, ct).ConfigureAwait(false);
            await AnswerAsync(exchange, 200, operation(body), ct).ConfigureAwait(false);
        }
        catch (SsmException e) when (!exchange.Started)
        {
            await AnswerAsync(exchange, 400, new JsonObject { ["__type"] = e.Code, ["message"] = e.Message }, ct).ConfigureAwait(false);
        }
    }

    private static Task AnswerAsync(HttpExchange exchange, int status, JsonObject body, CancellationToken ct)
    {
        var headers = new HttpHeaders
        {
            { "Content-Type", "application/x-amz-json-1.1" },
            { "x-amzn-RequestId", Guid.NewGuid().ToString() },
        };
        return exchange.RespondAsync(status, headers, Encoding.UTF8.GetBytes(body.ToJsonString()), ct);
    }
}
