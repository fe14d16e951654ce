using System.Collections.Concurrent;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;

namespace Runctl.Guarding;

/// <summary>Asks the guards of many instances the same in as few calls as the limits allow. Answers have 2,500 characters at most.</summary>
internal sealed class GuardGroupClient(ICloud cloud, TimeProvider time)
{
    /// <summary>SSM takes no more ids in one call.</summary>
    private const int MaxIds = 50;

    /// <summary>An agent that says nothing for so long is not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>After so long one asks whether those who say nothing are still there.</summary>
    private static readonly TimeSpan LifeCheckAfter = TimeSpan.FromSeconds(2);

    /// <summary>The earliest and the latest first look at what was sent.</summary>
    private static readonly TimeSpan SoonestLook = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LatestLook = TimeSpan.FromSeconds(2);

    private readonly UnreachableReason _unreachable = new(cloud);

    /// <summary>Who answered when last asked: that is newer than what SSM says of its agent, which lags by minutes.</summary>
    private readonly ConcurrentDictionary<string, bool> _answering = new(StringComparer.Ordinal);

    /// <summary>After how long the answers were all there of late: looking earlier costs calls and finds nothing.</summary>
    private long _usual = SoonestLook.Ticks;

    /// <summary>One answer for each instance, in no order; an instance that cannot be reached has an error for an answer.</summary>
    /// <exception cref="RunctlException">A service failed, so that nothing is known.</exception>
    public async Task<IReadOnlyDictionary<string, GuardAnswer>> AskAsync(IReadOnlyCollection<string> instanceIds, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var answers = new ConcurrentDictionary<string, GuardAnswer>(StringComparer.Ordinal);
        await AskAsync(instanceIds, arguments, answer => answers[answer.InstanceId] = answer, cancellationToken).ConfigureAwait(false);
        return answers.Values.FirstOrDefault(a => a.IsCallFailure) is { Error: { } error } ? throw error : answers;
    }

    /// <summary>The same, each answer told as soon as it is there, from any thread: nobody waits for another's. Failures of the services are answers as well.</summary>
    public async Task AskAsync(IReadOnlyCollection<string> instanceIds, IReadOnlyList<string> arguments, Action<GuardAnswer> tell, CancellationToken cancellationToken)
    {
        void Note(GuardAnswer answer)
        {
            if (answer.Value is null)
            {
                _answering.TryRemove(answer.InstanceId, out _);
            }
            else
            {
                _answering[answer.InstanceId] = true;
            }

            tell(answer);
        }

        var managed = instanceIds.Where(_answering.ContainsKey).ToHashSet(StringComparer.Ordinal);
        string[] others = [.. instanceIds.Where(id => !managed.Contains(id))];
        try
        {
            if (others.Length > 0)
            {
                managed.UnionWith((await cloud.Commands.FindManagedAsync(others, cancellationToken).ConfigureAwait(false)).Where(m => m.IsOnline).Select(m => m.InstanceId));
            }
        }
        catch (RunctlException e)
        {
            // Who answered is asked all the same.
            Fail(others, e, Note);
            others = [];
        }

        var command = new GuardCommand(arguments);
        await Task.WhenAll(
        [
            ExplainAsync([.. others.Where(id => !managed.Contains(id))], NotOnline, Note, cancellationToken),
            .. instanceIds.Where(managed.Contains).Chunk(MaxIds).Select(group => AskGroupAsync(group, command, Note, cancellationToken)),
        ]).ConfigureAwait(false);
    }

    private async Task AskGroupAsync(string[] ids, GuardCommand command, Action<GuardAnswer> tell, CancellationToken cancellationToken)
    {
        string commandId;
        try
        {
            commandId = await cloud.Commands.SendAsync(new ShellCommand(ids, command.Script(GuardProgram.Current), Timeout, "runctl " + command.Arguments[0]), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode == "InvalidInstanceId")
        {
            await SplitAsync(ids, command, tell, cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (RunctlException e)
        {
            Fail(ids, e, tell);
            return;
        }

        await CollectAsync(commandId, ids, tell, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One dead instance fails the whole call without being named: EC2 may know it, else halve until it stands alone.</summary>
    private async Task SplitAsync(string[] ids, GuardCommand command, Action<GuardAnswer> tell, CancellationToken cancellationToken)
    {
        if (ids.Length == 1)
        {
            await ExplainAsync(ids, NotOnline, tell, cancellationToken).ConfigureAwait(false);
            return;
        }

        var known = await _unreachable.LookAsync(ids, cancellationToken).ConfigureAwait(false);
        var gone = known is null ? [] : ids.Where(id => UnreachableReason.IsGone(known, id)).ToArray();
        string[] rest = [.. ids.Except(gone, StringComparer.Ordinal)];
        string[][] parts = gone.Length > 0 ? [rest] : [ids[..(ids.Length / 2)], ids[(ids.Length / 2)..]];
        await Task.WhenAll(
        [
            ExplainAsync(gone, NotOnline, tell, cancellationToken),
            .. parts.Where(part => part.Length > 0).Select(part => AskGroupAsync(part, command, tell, cancellationToken)),
        ]).ConfigureAwait(false);
    }

    private async Task CollectAsync(string commandId, string[] ids, Action<GuardAnswer> tell, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(3), time);
        var began = time.GetTimestamp();
        var pending = ids.ToHashSet(StringComparer.Ordinal);
        RunctlException? failure = null;
        var looks = 0;
        // A look that waited long for its turn is made all the same: only an instance that was looked at has been silent.
        for (var isLast = false; pending.Count > 0 && !isLast;)
        {
            await (looks++ == 0 ? Task.Delay(TimeSpan.FromTicks(Volatile.Read(ref _usual)), time, cancellationToken) : backoff.WaitAsync(cancellationToken)).ConfigureAwait(false);
            isLast = time.GetElapsedTime(began) >= Patience;
            try
            {
                var outcomes = await cloud.Commands.ListOutcomesAsync(commandId, cancellationToken).ConfigureAwait(false);
                failure = null;
                foreach (var outcome in outcomes.Where(o => o.IsFinal && pending.Remove(o.InstanceId)))
                {
                    tell(GuardAnswer.Read(outcome));
                }

                if (pending.Count > 0 && time.GetElapsedTime(began) > LifeCheckAfter)
                {
                    await DropGoneAsync(pending, tell, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                failure = e;
            }
            catch (RunctlException e)
            {
                Fail(pending, e, tell);
                return;
            }
        }

        if (failure is not null)
        {
            Fail(pending, failure, tell);
            return;
        }

        if (pending.Count == 0)
        {
            // A little sooner each time, until that is too soon.
            var usual = looks > 1 ? time.GetElapsedTime(began).Ticks : Volatile.Read(ref _usual) * 199 / 200;
            Volatile.Write(ref _usual, Math.Clamp(usual, SoonestLook.Ticks, LatestLook.Ticks));
        }

        // An instance that died in the middle leaves its command pending for ever, and so does an agent that is out of reach.
        var online = await FindOnlineAsync(pending, cancellationToken).ConfigureAwait(false);
        await ExplainAsync(pending, (id, instance) => online?.Contains(id) == false ? NotOnline(id, instance) : RunctlErrors.TimedOut($"The command on {id}", Patience, id), tell, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Who of the silent is online all the same; null where SSM does not say.</summary>
    private async Task<HashSet<string>?> FindOnlineAsync(HashSet<string> silent, CancellationToken cancellationToken)
    {
        if (silent.Count == 0)
        {
            return null;
        }

        try
        {
            return (await cloud.Commands.FindManagedAsync([.. silent], cancellationToken).ConfigureAwait(false)).Where(m => m.IsOnline).Select(m => m.InstanceId).ToHashSet(StringComparer.Ordinal);
        }
        catch (RunctlException)
        {
            return null;
        }
    }

    /// <summary>Does not wait for instances that have died in the middle.</summary>
    private async Task DropGoneAsync(HashSet<string> pending, Action<GuardAnswer> tell, CancellationToken cancellationToken)
    {
        var known = await _unreachable.LookAsync([.. pending], cancellationToken).ConfigureAwait(false);
        string[] gone = known is null ? [] : [.. pending.Where(id => UnreachableReason.IsGone(known, id))];
        pending.ExceptWith(gone);
        await ExplainAsync(gone, NotOnline, tell, cancellationToken).ConfigureAwait(false);
    }

    private async Task ExplainAsync(IReadOnlyCollection<string> ids, Func<string, RunctlInstance?, RunctlException> alive, Action<GuardAnswer> tell, CancellationToken cancellationToken)
    {
        foreach (var answer in await _unreachable.ExplainAsync(ids, alive, cancellationToken).ConfigureAwait(false))
        {
            tell(answer);
        }
    }

    private static RunctlException NotOnline(string id, RunctlInstance? instance) =>
        instance is null ? RunctlErrors.InstanceNotOnline(id) : RunctlErrors.InstanceNotOnline(id, instance.IamInstanceProfile);

    private static void Fail(IEnumerable<string> ids, RunctlException error, Action<GuardAnswer> tell)
    {
        foreach (var id in ids)
        {
            tell(new GuardAnswer(id, null, error) { IsCallFailure = true });
        }
    }

    private async Task<bool> IsAnyAliveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        (await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = ids }, cancellationToken).ConfigureAwait(false)).Any(i => i.State is Ec2States.Pending or Ec2States.Running);
}
