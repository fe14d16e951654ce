using System.Text.Json;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Has a guard take a claimed attempt, and undoes what a failure leaves.</summary>
internal sealed class AttemptStart(ICloud cloud, TimeProvider time, RunStore? store)
{
    private static readonly TimeSpan GiveUpLimit = TimeSpan.FromSeconds(20);

    /// <summary>Starts the attempt of a specification.</summary>
    public async Task<RunState> RunAsync(RunSpec spec, string instanceId, Action<string> report, CancellationToken cancellationToken)
    {
        try
        {
            await TagAsync(spec, instanceId, report, cancellationToken).ConfigureAwait(false);
            report(spec.Attempt!.ResumeFrom is null ? "Starting" : "Restoring the checkpoint and starting");
            return await new GuardClient(cloud, time, store).CallAsync<RunState>(instanceId, ["run", "--spec", "-"], spec, GuardClient.LongCall, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Unless the guard said no, it may have begun.
            var mayHaveBegun = e is OperationCanceledException or RunctlException { Kind: ErrorKind.Timeout or ErrorKind.Connection or ErrorKind.InvalidData };
            // Whatever the cause, a guard that is merely slow must not start what the user was told has failed.
            if (store is not null)
            {
                DateTimeOffset? ended = mayHaveBegun || e is RunctlException { Id: ErrorIds.InstanceGone } ? time.GetUtcNow() : null;
                await GiveUpAsync("The record of the run could not be closed", token => store.WithdrawAsync(spec.RunId, spec.Attempt!.Nonce, token, ended), report).ConfigureAwait(false);
            }

            if (mayHaveBegun)
            {
                await GiveUpAsync("The preparation on the instance could not be ended", token => StopAsync(spec, instanceId, token), report).ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>Undoes a part of the start under a limit of its own; the first failure is the one to tell of.</summary>
    private async Task GiveUpAsync(string failed, Func<CancellationToken, Task> act, Action<string> report)
    {
        if (await Cleanup.TryAsync(act, GiveUpLimit, time).ConfigureAwait(false) is { } problem)
        {
            report($"{failed}: {problem.Message}");
        }
    }

    /// <summary>Ends what the guard may be doing for the run: a restore or a setup goes on without us, and keeps the checkpoint directory.</summary>
    private Task<JsonElement> StopAsync(RunSpec spec, string instanceId, CancellationToken cancellationToken) =>
        new GuardClient(cloud, time).CallAsync(instanceId, ["stop", "--run", spec.RunId, "--grace", "0", "--no-wait"], null, GuardClient.ShortCall, cancellationToken);

    private async Task TagAsync(RunSpec spec, string instanceId, Action<string> report, CancellationToken cancellationToken)
    {
        try
        {
            await cloud.Instances.TagAsync([instanceId], new Dictionary<string, string> { [RunctlTags.RunId] = spec.RunId, [RunctlTags.Project] = spec.ProjectName }, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            report($"The instance could not be tagged with its run: {e.Message}");
        }
    }
}
