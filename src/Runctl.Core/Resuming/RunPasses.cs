using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>
/// Decides when a run passes on: the final event or state of each attempt before is in S3, or EC2 says that its instance is stopped,
/// terminated or unknown. Never by time alone.
/// </summary>
internal sealed class RunPasses(ICloud cloud, RunStore store, string runId, TimeProvider time)
{
    private static readonly string[] Final = [EventKinds.InterruptionHandled, EventKinds.TrainingFinished, EventKinds.TrainingFailed, EventKinds.TrainingStopped];

    /// <summary>EC2 may not know its newest instances for a while; nobody who was launched so recently is gone by being unknown.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <summary>How it stands now.</summary>
    /// <param name="claim">The claim of whoever asks, which does not count; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The standing, the attempt that decides it, the record, and which attempts were lost with their instances.</returns>
    public async Task<PassState> LookAsync(string? claim, CancellationToken cancellationToken)
    {
        var record = await store.ReadRecordAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.RunNotFound(runId);
        var newest = record.Newest();
        var state = new PassState(record, RunStanding.Passed, null, []);
        var last = record.Attempts.LastOrDefault(a => a.Started is not null);
        foreach (var attempt in record.Attempts.Where(a => (!a.HasEnded || (a == last && (a.Unsaved is not null || a.State == RunStates.Lost))) && a.Nonce != claim))
        {
            // A claim that was passed over cannot be taken by any guard; see record.py.
            if (attempt.State == RunStates.Claimed && attempt != newest)
            {
                continue;
            }

            var look = await LookAsync(attempt, cancellationToken).ConfigureAwait(false);
            state = state with { Lost = look.IsLost ? [.. state.Lost, attempt.Number] : state.Lost, Left = attempt == last ? look.Left : state.Left, IsFinished = state.IsFinished || look.IsFinished };
            if (look.Standing > state.Standing)
            {
                state = state with { Standing = look.Standing, Decisive = attempt, Unsaved = look.Unsaved };
            }
        }

        return state;
    }

    /// <summary>Waits until it has passed on.</summary>
    /// <param name="claim">The own claim.</param>
    /// <param name="told">Told once that it has to be waited for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="leavesUnsaved">Whether a checkpoint that is on the old instance's disk only is not waited for.</param>
    public async Task<PassState> WaitAsync(string claim, Action<PassState> told, CancellationToken cancellationToken, bool leavesUnsaved = false)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3), time, 1.2);
        var isTold = false;
        while (true)
        {
            try
            {
                var state = await LookAsync(claim, cancellationToken).ConfigureAwait(false);
                if (state.Record.Newest() is { } newest && newest.Nonce != claim)
                {
                    throw RunctlErrors.ResumeTaken(runId, newest.Number, newest.ClaimedBy, newest.Claimed);
                }

                if (state.IsFinished || state.Record.Attempts.Any(a => a.State == RunStates.Finished))
                {
                    throw RunctlErrors.RunFinished(runId);
                }

                if (state.Standing == RunStanding.Passed || (state.Unsaved is not null && leavesUnsaved))
                {
                    return state;
                }

                if (!isTold)
                {
                    isTold = true;
                    told(state);
                }
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                // Not knowing is no reason to believe it.
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Look> LookAsync(AttemptRecord attempt, CancellationToken cancellationToken)
    {
        if (attempt.InstanceId is not { } id)
        {
            return new Look(RunStanding.Claimed);
        }

        var instance = await cloud.FindOneAsync(id, cancellationToken).ConfigureAwait(false);
        var isGone = instance is { State: Ec2States.Stopped or Ec2States.Terminated } || (instance is null && !IsRecent(attempt));
        if (attempt.HasEnded)
        {
            return attempt.State == RunStates.Lost && instance is { State: Ec2States.Stopped } ? new Look(RunStanding.Passed) { Left = Left(null) } : Ended(attempt.Unsaved);
        }

        var events = await store.ReadEventsAsync(runId, attempt.Number, 0, cancellationToken).ConfigureAwait(false);
        if (events.LastOrDefault(e => Final.Contains(e.Kind)) is { } final)
        {
            return Ended(events.Any(e => e.Sequence > final.Sequence && e.Kind == EventKinds.CheckpointUploaded) ? null : final.TextOf("unsaved")) with { IsLost = isGone, IsFinished = final.Kind == EventKinds.TrainingFinished };
        }

        if (isGone)
        {
            return new Look(RunStanding.Passed) { IsLost = true, Left = attempt.Started is not null && instance is { State: Ec2States.Stopped } ? Left(null) : null };
        }

        var isEnding = instance is { State: Ec2States.ShuttingDown or Ec2States.Stopping } || events.LastOrDefault(e => e.Kind is EventKinds.InterruptionDetected or EventKinds.InterruptionStale) is { Kind: EventKinds.InterruptionDetected };
        return new Look(isEnding ? RunStanding.Ending : attempt.State == RunStates.Claimed ? RunStanding.Claimed : RunStanding.Alive);

        // As long as the machine is there its guard goes on trying, and what it has is newer than what S3 has.
        Look Ended(string? unsaved) => (unsaved, isGone) switch
        {
            ({ } name, true) => new Look(RunStanding.Passed) { Left = Left(name) },
            ({ } name, false) when instance is not null => new Look(RunStanding.Ending) { Unsaved = name },
            _ => new Look(RunStanding.Passed),
        };

        LeftBehind Left(string? checkpoint) => new(checkpoint, id, instance is { State: Ec2States.Stopped }, instance is { InterruptionBehavior: "stop" or "hibernate" });
    }

    private bool IsRecent(AttemptRecord attempt) => (attempt.Started ?? attempt.Claimed) is { } began && time.GetUtcNow() - began < Recent;

    /// <summary>How one attempt stands.</summary>
    private sealed record Look(RunStanding Standing)
    {
        public bool IsLost { get; init; }

        public bool IsFinished { get; init; }

        public string? Unsaved { get; init; }

        public LeftBehind? Left { get; init; }
    }
}
