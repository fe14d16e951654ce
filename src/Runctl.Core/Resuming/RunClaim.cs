using Runctl.Errors;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>
/// A claim to the next attempt of a run, written into run.json by If-Match before anything is launched. Of several who try one wins;
/// a claim lapses by nothing but its withdrawal, the end of its instance, or another's explicit will.
/// </summary>
/// <param name="store">The run's records.</param>
/// <param name="runId">The run.</param>
/// <param name="claimedBy">Who claims, for those who come later.</param>
/// <param name="time">The clock.</param>
internal sealed class RunClaim(RunStore store, string runId, string claimedBy, TimeProvider time)
{
    /// <summary>What tells this claim from all others; new for each.</summary>
    public string Nonce { get; private set; } = NewNonce();

    /// <summary>The attempt that is claimed; 0 before.</summary>
    public int Number { get; private set; }

    /// <summary>Claims the attempt after the newest.</summary>
    /// <param name="seen">The newest attempt as the decision to resume was made on; another one by now means that another was quicker.</param>
    /// <param name="force">Whether a claim that no session carried through may be passed over. Its guard cannot take the run any more then.</param>
    /// <param name="cancellationToken">Ends it; the claim may be there all the same, and <see cref="WithdrawAsync"/> takes it back.</param>
    /// <exception cref="RunctlException">ResumeTaken, RunFinished, RunNotFound.</exception>
    public Task TakeAsync(int seen, bool force, CancellationToken cancellationToken) => TakeAsync(seen, force, null, cancellationToken);

    /// <summary>The same, where a claim that was seen to stand may have been carried through since.</summary>
    public async Task TakeAsync(int seen, bool force, string? seenState, CancellationToken cancellationToken)
    {
        Nonce = NewNonce();
        Number = 0;
        var record = await store.ChangeAsync(runId, record => Claim(record, seen, force, seenState), cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.RunNotFound(runId);
        Number = record.Attempts.Single(a => a.Nonce == Nonce).Number;
    }

    /// <summary>Notes the machine that was launched for the claim: should we be lost, its end is the claim's.</summary>
    /// <exception cref="RunctlException">ResumeTaken: the run has been taken from us.</exception>
    public async Task NoteAsync(string instanceId, string instanceType, string? zone, bool? isSpot, CancellationToken cancellationToken)
    {
        var record = await store.ChangeAsync(
            runId,
            record => Own(record) is { } mine && mine.InstanceId != instanceId ? record.With(mine with { InstanceId = instanceId, InstanceType = instanceType, AvailabilityZone = zone, IsSpot = isSpot }) : null,
            cancellationToken).ConfigureAwait(false);
        Require(record);
    }

    /// <summary>Writes down which attempts were lost with their instances.</summary>
    public async Task MarkLostAsync(IReadOnlyCollection<int> attempts, CancellationToken cancellationToken)
    {
        var record = await store.ChangeAsync(
            runId,
            record => record.Attempts.Where(a => attempts.Contains(a.Number) && !a.HasEnded).Aggregate((RunRecord?)null, (changed, lost) => (changed ?? record).With(lost with { State = RunStates.Lost })),
            cancellationToken).ConfigureAwait(false);
        Require(record);
    }

    /// <summary>Gives the claim up where no guard has taken it.</summary>
    public Task WithdrawAsync(CancellationToken cancellationToken) => store.WithdrawAsync(runId, Nonce, cancellationToken);

    private RunRecord? Claim(RunRecord record, int seen, bool force, string? seenState)
    {
        if (record.Attempts.Any(a => a.Nonce == Nonce))
        {
            // Written before: the answer was lost, or the SDK sent it twice.
            return null;
        }

        var newest = record.Newest();
        if (record.Outcome == RunStates.Finished || newest is { State: RunStates.Finished })
        {
            throw RunctlErrors.RunFinished(runId);
        }

        if (newest is not null && (newest.Number != seen || (newest.State == RunStates.Claimed && !force) || (newest.State == RunStates.Running && seenState == RunStates.Claimed)))
        {
            throw RunctlErrors.ResumeTaken(runId, newest.Number, newest.ClaimedBy, newest.Claimed);
        }

        return record.With(new AttemptRecord { Number = seen + 1, Nonce = Nonce, State = RunStates.Claimed, Claimed = time.GetUtcNow(), ClaimedBy = claimedBy, Phases = [] });
    }

    private AttemptRecord? Own(RunRecord record) => record.Newest() is { State: RunStates.Claimed } newest && newest.Nonce == Nonce ? newest : null;

    private void Require(RunRecord? record)
    {
        if (record is null)
        {
            throw RunctlErrors.RunNotFound(runId);
        }

        if (Own(record) is null)
        {
            var newest = record.Newest()!;
            throw RunctlErrors.ResumeTaken(runId, newest.Number, newest.ClaimedBy, newest.Claimed);
        }
    }

    private static string NewNonce() => Guid.NewGuid().ToString("N");
}
