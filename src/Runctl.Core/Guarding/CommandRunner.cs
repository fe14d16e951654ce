using Runctl.Errors;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;

namespace Runctl.Guarding;

/// <summary>Runs a script on one instance by SSM and waits for its end; notices when the instance dies meanwhile.</summary>
internal sealed class CommandRunner(ICloud cloud, TimeProvider time)
{
    private static readonly TimeSpan LifeCheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long the services may fail while a command runs, on top of the SDK's own retries.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan CancelTime = TimeSpan.FromSeconds(10);

    /// <summary>An abandoned request may have been accepted; only its answer says what to cancel.</summary>
    private static readonly TimeSpan SendGrace = TimeSpan.FromSeconds(20);

    /// <summary>Runs a script; its exit code is the caller's to judge.</summary>
    /// <exception cref="RunctlException">It could not be delivered, was killed by its time-out, or the instance is gone.</exception>
    public async Task<CommandOutcome> RunAsync(string instanceId, string script, TimeSpan timeout, string comment, CancellationToken cancellationToken, bool isUrgent = false)
    {
        var id = await SendAsync(new ShellCommand([instanceId], script, timeout, comment) { IsUrgent = isUrgent }, cancellationToken).ConfigureAwait(false);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await AwaitAsync(id, instanceId, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What nobody waits for must not keep one of the agent's five places, nor begin later.
            await CancelAsync(id).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<CommandOutcome> AwaitAsync(string id, string instanceId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(120), TimeSpan.FromSeconds(2), time, 1.4);
        var checkedLife = time.GetTimestamp();
        var began = checkedLife;
        long? failing = null;
        while (true)
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (await cloud.Commands.GetOutcomeAsync(id, instanceId, cancellationToken).ConfigureAwait(false) is { IsFinal: true } outcome)
                {
                    return outcome.EndedByItself ? outcome : throw outcome.Failure();
                }

                if (time.GetElapsedTime(checkedLife) > LifeCheckInterval)
                {
                    checkedLife = time.GetTimestamp();
                    await RequireLifeAsync(instanceId, cancellationToken).ConfigureAwait(false);
                }

                failing = null;
            }
            catch (RunctlException e) when (IsPassing(e) && time.GetElapsedTime(failing ??= time.GetTimestamp()) < Patience)
            {
                // The command goes on whether we can see it or not. What a look waits for its turn is no failure.
            }

            // SSM ends commands itself; this is for the case that it never says so.
            if (time.GetElapsedTime(began) > timeout + TimeSpan.FromMinutes(2))
            {
                throw RunctlErrors.TimedOut($"The command on {instanceId}", timeout, instanceId);
            }
        }
    }

    /// <summary>What a failed delivery means: the instance is gone, or its agent does not answer.</summary>
    public async Task<RunctlException> ExplainAsync(string instanceId, RunctlException cause, CancellationToken cancellationToken)
    {
        return await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false) switch
        {
            null => RunctlErrors.InstanceGone(instanceId, null, null),
            { State: Ec2States.Running or Ec2States.Pending } instance => cause.ServiceErrorCode == "InvalidInstanceId" ? RunctlErrors.InstanceNotOnline(instanceId, instance.IamInstanceProfile) : cause,
            var instance => RunctlErrors.InstanceGone(instanceId, instance.State, instance.StateReason),
        };
    }

    private async Task<string> SendAsync(ShellCommand command, CancellationToken cancellationToken)
    {
        using var grace = new Grace(time, SendGrace, cancellationToken);
        try
        {
            return await cloud.Commands.SendAsync(command, grace.Token).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode == "InvalidInstanceId")
        {
            throw await ExplainAsync(command.InstanceIds[0], e, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CancelAsync(string id)
    {
        using var own = new CancellationTokenSource(CancelTime, time);
        try
        {
            await cloud.Commands.CancelAsync(id, own.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RunctlException or OperationCanceledException)
        {
            // SSM ends it by its time-out.
        }
    }

    private async Task RequireLifeAsync(string instanceId, CancellationToken cancellationToken)
    {
        var instance = await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
        if (instance is not { State: Ec2States.Running or Ec2States.Pending })
        {
            throw RunctlErrors.InstanceGone(instanceId, instance?.State, instance?.StateReason);
        }
    }

    /// <summary>A service's trouble, not the command's.</summary>
    private static bool IsPassing(RunctlException error) => error.IsTransient && error.Id != ErrorIds.CommandFailed;
}
