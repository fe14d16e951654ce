using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;

namespace Runctl.Guarding;

/// <summary>Asks the guards of many instances the same in as few calls as the limits allow. Answers have 2,500 characters at most.</summary>
internal sealed class GuardGroupClient(ICloud cloud, TimeProvider time)
{
    /// <summary>SSM takes no more ids in one call.</summary>
    private const int MaxIds = 50;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LifeCheckAfter = TimeSpan.FromSeconds(2);

    private readonly CommandRunner _runner = new(cloud, time);

    /// <summary>One answer for each instance, in no order; an instance that can not be reached has an error for an answer.</summary>
    public async Task<IReadOnlyDictionary<string, GuardAnswer>> AskAsync(IReadOnlyCollection<string> instanceIds, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var answers = new Dictionary<string, GuardAnswer>(StringComparer.Ordinal);
        var managed = (await cloud.Commands.FindManagedAsync([.. instanceIds], cancellationToken).ConfigureAwait(false))
            .Where(m => m.IsOnline).Select(m => m.InstanceId).ToHashSet(StringComparer.Ordinal);
        var command = new GuardCommand(arguments);
        foreach (var group in instanceIds.Where(managed.Contains).Chunk(MaxIds))
        {
            foreach (var answer in await AskGroupAsync(group, command, cancellationToken).ConfigureAwait(false))
            {
                answers[answer.InstanceId] = answer;
            }
        }

        foreach (var id in instanceIds.Where(id => !answers.ContainsKey(id)))
        {
            var offline = new RunctlException("InstanceNotOnline", ErrorKind.Connection, $"Instance {id} is not online in SSM.", id) { ServiceErrorCode = "InvalidInstanceId" };
            answers[id] = new GuardAnswer(id, null, await _runner.ExplainAsync(id, offline, cancellationToken).ConfigureAwait(false));
        }

        return answers;
    }

    private async Task<IReadOnlyList<GuardAnswer>> AskGroupAsync(string[] ids, GuardCommand command, CancellationToken cancellationToken)
    {
        string commandId;
        try
        {
            commandId = await cloud.Commands.SendAsync(new ShellCommand(ids, command.Script(GuardProgram.Current), Timeout, "runctl " + command.Arguments[0]), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode == "InvalidInstanceId")
        {
            // One dead instance fails the whole call without being named: halve until it stands alone.
            return ids.Length == 1
                ? [new GuardAnswer(ids[0], null, await _runner.ExplainAsync(ids[0], e, cancellationToken).ConfigureAwait(false))]
                : [.. await AskGroupAsync(ids[..(ids.Length / 2)], command, cancellationToken).ConfigureAwait(false),
                   .. await AskGroupAsync(ids[(ids.Length / 2)..], command, cancellationToken).ConfigureAwait(false)];
        }

        return await CollectAsync(commandId, ids, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<GuardAnswer>> CollectAsync(string commandId, string[] ids, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(3), time);
        var began = time.GetTimestamp();
        while (true)
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            var final = (await cloud.Commands.ListOutcomesAsync(commandId, cancellationToken).ConfigureAwait(false)).Where(o => o.IsFinal).ToList();
            var waited = time.GetElapsedTime(began);
            // An instance that dies in the middle leaves its command pending: the others' answers must not wait for it.
            if (final.Count == ids.Length || waited > LongestWait
                || (waited > LifeCheckAfter && !await IsAnyAliveAsync([.. ids.Except(final.Select(o => o.InstanceId))], cancellationToken).ConfigureAwait(false)))
            {
                return [.. final.Select(GuardAnswer.Read)];
            }
        }
    }

    private async Task<bool> IsAnyAliveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        (await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = ids }, cancellationToken).ConfigureAwait(false)).Any(i => i.State is "pending" or "running");
}
