using System.Text.Json.Nodes;

namespace Runctl.Sandbox.Ssm;

/// <summary>Run Command.</summary>
internal sealed class CommandOperations(ManagedInstances instances, CommandStore commands, TimeProvider clock)
{
    private const int PageSize = 50;

    public JsonObject SendCommand(JsonRequest request)
    {
        var ids = CommandValidation.InstanceIds(request);
        var command = CommandValidation.Read(request, clock.GetUtcNow());
        if (ids.Count == 0)
        {
            throw SsmException.Validation("instanceIds", "Member must not be empty: of targets the sandbox knows instance ids only");
        }

        var agents = instances.Agents(ids);
        command.Invocations = ids.Select(id => new Invocation(command, id)).ToList();
        commands.Add(command);

        // Rendered before anything runs: the answer to a new command says Pending.
        var answer = new JsonObject { ["Command"] = InvocationJson.Command(command, clock.GetUtcNow()) };
        foreach (var (agent, invocation) in agents.Zip(command.Invocations))
        {
            agent.Accept(invocation);
        }

        return answer;
    }

    public JsonObject GetCommandInvocation(JsonRequest request)
    {
        var invocation = commands.Invocation(request.Required("CommandId"), request.Required("InstanceId"));
        return request.Text("PluginName") is null or SsmNames.Plugin
            ? InvocationJson.Single(invocation, clock.GetUtcNow())
            : throw new SsmException("InvalidPluginName", "The plugin name isn't valid.");
    }

    public JsonObject ListCommandInvocations(JsonRequest request)
    {
        var now = clock.GetUtcNow();
        var filters = request.Filters("Filters", "key", "value");
        var instanceId = request.Text("InstanceId");
        var all = commands.Visible(request.Text("CommandId"))
            .SelectMany(command => command.Invocations)
            .Where(invocation => instanceId is null || invocation.InstanceId == instanceId)
            .ToList();
        if (filters.Count > 0)
        {
            throw new SsmException("InvalidFilterKey", "Of filters the sandbox knows none here.");
        }

        var (page, next) = TextPage.Of(all, request, 1, PageSize);
        var details = request.Flag("Details");
        return Paged("CommandInvocations", page.Select(invocation => InvocationJson.Listed(invocation, details, now)), next);
    }

    public JsonObject ListCommands(JsonRequest request)
    {
        var now = clock.GetUtcNow();
        var instanceId = request.Text("InstanceId");
        var all = commands.Visible(request.Text("CommandId"))
            .Where(command => instanceId is null || command.Invocations.Any(invocation => invocation.InstanceId == instanceId))
            .ToList();
        var (page, next) = TextPage.Of(all, request, 1, PageSize);
        return Paged("Commands", page.Select(command => InvocationJson.Command(command, now)), next);
    }

    public JsonObject CancelCommand(JsonRequest request)
    {
        var ids = request.Texts("InstanceIds");
        foreach (var invocation in commands.Get(request.Required("CommandId")).Invocations)
        {
            if (ids.Count == 0 || ids.Contains(invocation.InstanceId, StringComparer.Ordinal))
            {
                invocation.Cancel(clock.GetUtcNow());
            }
        }

        return [];
    }

    private static JsonObject Paged(string name, IEnumerable<JsonObject> items, string? next)
    {
        var answer = new JsonObject { [name] = new JsonArray(items.ToArray<JsonNode?>()) };
        if (next is not null)
        {
            answer["NextToken"] = next;
        }

        return answer;
    }
}
