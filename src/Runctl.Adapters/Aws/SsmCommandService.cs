using System.Globalization;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;

namespace Runctl.Adapters.Aws;

/// <summary>SSM by its SDK client.</summary>
internal sealed class SsmCommandService(Func<AmazonSimpleSystemsManagementClient> client, AwsCloud cloud, SharedCalls calls) : ICommandService
{
    /// <summary>A command that cannot be delivered for this long is given up; the least SSM takes.</summary>
    private const int DeliveryTimeoutSeconds = 30;

    /// <inheritdoc/>
    public async Task<string> SendAsync(ShellCommand command, CancellationToken cancellationToken)
    {
        var request = new SendCommandRequest
        {
            DocumentName = "AWS-RunShellScript",
            InstanceIds = [.. command.InstanceIds],
            TimeoutSeconds = DeliveryTimeoutSeconds,
            Comment = command.Comment,
            Parameters = new()
            {
                ["commands"] = [command.Script],
                ["executionTimeout"] = [((long)Math.Clamp(command.ExecutionTimeout.TotalSeconds, 5, 172800)).ToString(CultureInfo.InvariantCulture)],
            },
        };
        var answer = await CallAsync("SendCommand", c => c.SendCommandAsync(request, cancellationToken), cancellationToken, command.IsUrgent).ConfigureAwait(false);
        return answer.Command.CommandId;
    }

    /// <inheritdoc/>
    public async Task<CommandOutcome?> GetOutcomeAsync(string commandId, string instanceId, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync("GetCommandInvocation",
                c => c.GetCommandInvocationAsync(new GetCommandInvocationRequest { CommandId = commandId, InstanceId = instanceId }, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new CommandOutcome(instanceId, answer.Status.Value, answer.StatusDetails, Exit(answer.ResponseCode), answer.StandardOutputContent ?? "", answer.StandardErrorContent ?? "");
        }
        catch (RunctlException e) when (e.ServiceErrorCode == "InvocationDoesNotExist")
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CommandOutcome>> ListOutcomesAsync(string commandId, CancellationToken cancellationToken)
    {
        var request = new ListCommandInvocationsRequest { CommandId = commandId, Details = true, MaxResults = 50 };
        var found = new List<CommandOutcome>();
        do
        {
            var page = await CallAsync("ListCommandInvocations", c => c.ListCommandInvocationsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            found.AddRange((page.CommandInvocations ?? []).Select(i =>
            {
                var plugin = i.CommandPlugins?.FirstOrDefault();
                return new CommandOutcome(i.InstanceId, i.Status.Value, i.StatusDetails, Exit(plugin?.ResponseCode), plugin?.Output ?? "", "");
            }));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return found;
    }

    /// <inheritdoc/>
    public Task CancelAsync(string commandId, CancellationToken cancellationToken) =>
        CallAsync("CancelCommand", c => c.CancelCommandAsync(new CancelCommandRequest { CommandId = commandId }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ManagedInstance>> FindManagedAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken)
    {
        var found = new List<ManagedInstance>();
        foreach (var ids in instanceIds.Distinct(StringComparer.Ordinal).Chunk(50))
        {
            var request = new DescribeInstanceInformationRequest { MaxResults = 50, Filters = [new InstanceInformationStringFilter { Key = "InstanceIds", Values = [.. ids] }] };
            do
            {
                var page = await CallAsync("DescribeInstanceInformation", c => c.DescribeInstanceInformationAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
                found.AddRange((page.InstanceInformationList ?? []).Select(i => new ManagedInstance(i.InstanceId, i.PingStatus == PingStatus.Online, i.AgentVersion)));
                request.NextToken = page.NextToken;
            }
            while (!string.IsNullOrEmpty(request.NextToken));
        }

        return found;
    }

    /// <inheritdoc/>
    public async Task<string?> FindParameterAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync("GetParameter", c => c.GetParameterAsync(new GetParameterRequest { Name = name }, cancellationToken), cancellationToken).ConfigureAwait(false);
            return answer.Parameter.Value;
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "ParameterNotFound")
        {
            return null;
        }
    }

    /// <summary>SSM gives -1 while there is no exit code.</summary>
    private static int? Exit(int? code) => code is null or -1 ? null : code;

    private Task<T> CallAsync<T>(string operation, Func<AmazonSimpleSystemsManagementClient, Task<T>> call, CancellationToken cancellationToken, bool isUrgent = false) =>
        calls.RunAsync(() => AwsErrors.CallAsync("SSM", operation, cloud.EndpointName, () => call(client()), cancellationToken), cancellationToken, isUrgent, ("SSM", operation));
}
