using System.Text;
using System.Text.Json.Nodes;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Instances;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ssm;

/// <summary>SSM's JSON protocol.</summary>
internal sealed class SsmService
{
    private readonly Dictionary<string, Func<JsonRequest, JsonObject>> _operations;
    private readonly SsmAccess _access;

    public SsmService(InstanceRegistry registry, Func<string, Machine?> machines, ConditionTable conditions, SandboxOptions options, string account, AccessControl access, TimeProvider clock)
    {
        _access = new SsmAccess(registry, access, options.Region, account);
        var instances = new ManagedInstances(registry, machines, conditions, options, _access, clock);
        var commands = new CommandOperations(instances, new CommandStore(clock), clock);
        var parameters = new Parameters(options.Region, account, clock);
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
            ["PutParameter"] = parameters.PutParameter,
        };
    }

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpExchange exchange, SignedRequest request, CancellationToken ct)
    {
        try
        {
            var name = SsmNames.Operation(exchange.Request);
            if (!_operations.TryGetValue(name, out var operation))
            {
                throw new SsmException("UnknownOperationException", $"The sandbox does not know the operation {exchange.Request.Headers["X-Amz-Target"]}.");
            }

            var body = await JsonRequest.ReadAsync(request.Body, ct).ConfigureAwait(false);
            _access.Demand(request.Principal, name, body);
            await AnswerAsync(exchange, 200, operation(body), ct).ConfigureAwait(false);
        }
        catch (SsmException e) when (!exchange.Started)
        {
            await RefuseAsync(exchange, 400, e.Code, e.Message, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with an error in SSM's form.</summary>
    public static Task RefuseAsync(HttpExchange exchange, int status, string code, string message, CancellationToken ct) =>
        AnswerAsync(exchange, status, new JsonObject { ["__type"] = code, ["message"] = message }, ct);

    /// <summary>Answers in the JSON protocol.</summary>
    public static Task AnswerAsync(HttpExchange exchange, int status, JsonObject body, CancellationToken ct)
    {
        var headers = new HttpHeaders
        {
            { "Content-Type", "application/x-amz-json-1.1" },
            { "x-amzn-RequestId", Guid.NewGuid().ToString() },
        };
        return exchange.RespondAsync(status, headers, Encoding.UTF8.GetBytes(body.ToJsonString()), ct);
    }
}
