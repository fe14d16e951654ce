using System.Globalization;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Telling;

namespace Runctl.Training;

/// <summary>Whether a run continues, and where: the one rule for all that wait for a run or follow it (decision 0106).</summary>
/// <param name="cloud">The connection.</param>
/// <param name="cell">What this session knows of the run, or null.</param>
/// <param name="time">The clock.</param>
internal sealed class RunContinuation(ICloud cloud, RunCell? cell, TimeProvider time)
{
    private readonly RunRefresher _refresher = new(cloud, time);
    private CutOff? _cutOff;

    /// <summary>Looks at the run once. It costs one question to the guard while an attempt trains, and otherwise a few requests to S3 and EC2.</summary>
    /// <param name="training">The run as it is known.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="RunctlException">AWS or the guard does not answer.</exception>
    public async Task<RunLook> LookAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        if (training is { InstanceId.Length: > 0 } && !RunStates.IsEnded(training.State) && training.State != RunStates.Claimed)
        {
            training = await _refresher.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
        }

        // The guard's word is enough for an end that is the run's own: S3 need not answer.
        if (RunStates.IsFinal(training.State))
        {
            return new RunLook(training, null, RunOutlook.Over);
        }

        var record = await ReadRecordAsync(training, cancellationToken).ConfigureAwait(false);
        var claim = record?.Current() is { State: RunStates.Claimed } open && await IsHeldAsync(open, cancellationToken).ConfigureAwait(false) ? open : null;
        if (record is not null)
        {
            training = _refresher.Newer(training, record, claim);
        }

        var instance = RunStates.IsCutOff(training.State) && training.InstanceId.Length > 0 ? await cloud.FindOneAsync(training.InstanceId, cancellationToken).ConfigureAwait(false) : null;
        // An instance that is back may have brought its training back, and without a record only its guard says that it started the training again.
        if (Ec2States.IsUp(instance?.State) && (record is null || training.State == RunStates.Lost))
        {
            training = await AskAgainAsync(training, cancellationToken).ConfigureAwait(false);
        }

        return new RunLook(training, record, await JudgeAsync(training, record, claim, instance, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Waits over the gap after an attempt that has ended or whose instance is gone.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="pollInterval">Time between two looks.</param>
    /// <param name="progress">Told what the run waits for.</param>
    /// <param name="warn">Told that nothing continues the run, if that is how it ends.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The attempt in which the run continues: a later one, or an earlier one whose instance came back. Null if the run has ended, or if nothing continues it.</returns>
    public async Task<RunctlTraining?> NextAsync(RunctlTraining attempt, TimeSpan pollInterval, IProgress<ProgressUpdate> progress, Action<string> warn, CancellationToken cancellationToken)
    {
        RunctlTraining? now = null;
        var wasCutOff = false;
        while (true)
        {
            try
            {
                now ??= await RecordedAsync(attempt, cancellationToken).ConfigureAwait(false);
                var look = await LookAsync(now, cancellationToken).ConfigureAwait(false);
                now = look.Training;
                if (Later(attempt, look) is { } later)
                {
                    progress.Report(new ProgressUpdate("", "", IsOver: true));
                    return later;
                }

                if (!look.Outlook.Continues)
                {
                    if (look.Warning is { } warning)
                    {
                        warn(warning);
                    }

                    return null;
                }

                if (wasCutOff && RunStates.HasProcess(now.State))
                {
                    return now;
                }

                wasCutOff |= RunStates.IsCutOff(now.State);
                progress.Report(new ProgressUpdate($"Waiting for {now.RunId}", look.Outlook.Reason));
                CommandLog.Decided(string.Create(CultureInfo.InvariantCulture, $"Run {now.RunId} is {now.State} in attempt {now.Attempt}. The command waits for the next attempt: {look.Outlook.Reason}."));
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                progress.Report(new ProgressUpdate($"Waiting for {attempt.RunId}", e.Message));
            }

            await Task.Delay(pollInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An attempt by the record. The record knows the end of one that has ended, so its guard is not asked.</summary>
    private async Task<RunctlTraining> RecordedAsync(RunctlTraining attempt, CancellationToken cancellationToken)
    {
        var record = await ReadRecordAsync(attempt, cancellationToken).ConfigureAwait(false);
        var recorded = record?.Attempts.FirstOrDefault(a => a.Number == attempt.Attempt);
        // A claim that was given up is no end of the run: what counts is the attempt before it.
        recorded = recorded is { HasEnded: true, Started: null } ? record!.Current() : recorded;
        return recorded is null ? attempt : _refresher.ViewOf(attempt, record!, recorded);
    }

    private RunctlTraining? Later(RunctlTraining attempt, RunLook look) =>
        look.Record is not { } record ? look.Training.Attempt > attempt.Attempt ? look.Training : null
        : record.After(attempt.Attempt) is { } next ? _refresher.ViewOf(attempt, record, next) : null;

    private async Task<RunRecord?> ReadRecordAsync(RunctlTraining training, CancellationToken cancellationToken) =>
        _refresher.StoreOf(training) is { } store ? await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>What the guard says of a run that was cut off. One that is not online yet is asked at the next look.</summary>
    private async Task<RunctlTraining> AskAgainAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        try
        {
            return await _refresher.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Id == ErrorIds.InstanceNotOnline)
        {
            return training;
        }
    }

    private async Task<RunOutlook> JudgeAsync(RunctlTraining training, RunRecord? record, AttemptRecord? claim, RunctlInstance? instance, CancellationToken cancellationToken)
    {
        if (RunStates.IsFinal(training.State))
        {
            return RunOutlook.Over;
        }

        if (RunStates.IsCutOff(training.State))
        {
            return RunOutlook.Of(await ReadFactsAsync(training, record, claim, instance, cancellationToken).ConfigureAwait(false), time.GetUtcNow());
        }

        return claim is null ? new RunOutlook(true, Describe(training)) : RunOutlook.Of(new RunFacts { State = training.State, Since = default, Claim = claim }, default);
    }

    private async Task<RunFacts> ReadFactsAsync(RunctlTraining training, RunRecord? record, AttemptRecord? claim, RunctlInstance? instance, CancellationToken cancellationToken)
    {
        var store = _refresher.StoreOf(training);
        if (_cutOff?.Attempt != training.Attempt)
        {
            _cutOff = new CutOff(training.Attempt, time.GetUtcNow(), store is null ? null : await ReadPolicyAsync(store, training.RunId, cancellationToken).ConfigureAwait(false));
        }

        var events = !Ec2States.IsUp(instance?.State) ? []
            : store is not null ? await store.ReadEventsAsync(training.RunId, training.Attempt, 0, cancellationToken).ConfigureAwait(false)
            : await _refresher.ReadEventsThereAsync(training, cancellationToken).ConfigureAwait(false);
        return new RunFacts
        {
            State = training.State,
            Since = training.Ended ?? _cutOff.Seen,
            ResumesHere = cell?.IsResumed == true,
            Claim = claim,
            Policy = _cutOff.Policy,
            Resumes = record?.Resumes ?? 0,
            Instance = instance,
            RestartsUntil = RunFacts.RestartOf(events),
        };
    }

    /// <summary>Orders that cannot be used resume nothing.</summary>
    private static async Task<RunPolicy?> ReadPolicyAsync(RunStore store, string runId, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.ReadSpecAsync(runId, cancellationToken).ConfigureAwait(false))?.Policy;
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.InvalidData)
        {
            return null;
        }
    }

    /// <summary>Whether a claim can still be carried through: the end of its instance is its own.</summary>
    private async Task<bool> IsHeldAsync(AttemptRecord claim, CancellationToken cancellationToken) =>
        claim.InstanceId is not { } id || await cloud.FindOneAsync(id, cancellationToken).ConfigureAwait(false) is not { State: Ec2States.Terminated or Ec2States.ShuttingDown };

    private static string Describe(RunctlTraining training)
    {
        var step = training.LastStep is { } last ? string.Create(CultureInfo.InvariantCulture, $", step {last}") : "";
        return $"{training.State} on {training.InstanceId}{step}";
    }

    /// <summary>What is read once for each attempt that was cut off.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Seen">When it was first seen to have ended.</param>
    /// <param name="Policy">What the orders of the run said then.</param>
    private sealed record CutOff(int Attempt, DateTimeOffset Seen, RunPolicy? Policy);
}
