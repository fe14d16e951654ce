using System.Globalization;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Waits for the end of a run, through its resumes: as long as a session, a guard or EC2 continues it.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="time">The clock.</param>
internal sealed class RunWait(ICloud cloud, TimeProvider time)
{
    private readonly RunRefresher _refresher = new(cloud, time);
    private RunPolicy? _policy;
    private DateTimeOffset? _cutOff;

    /// <summary>Whether a monitor of this session resumes the run.</summary>
    public Func<bool> ResumesHere { get; init; } = static () => false;

    /// <summary>Told of an end that is not the run's own, and that nothing continues.</summary>
    public Action<string> OnWarning { get; init; } = static _ => { };

    /// <summary>Waits.</summary>
    /// <param name="training">The run.</param>
    /// <param name="pollInterval">Longest pause between two questions.</param>
    /// <param name="progress">Told how it stands.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The run at its end: finished, failed, stopped or lost; interrupted only if nothing continues it.</returns>
    public async Task<RunctlTraining> RunAsync(RunctlTraining training, TimeSpan pollInterval, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var first = pollInterval < TimeSpan.FromSeconds(1) ? pollInterval : TimeSpan.FromSeconds(1);
        var backoff = new Backoff(first, pollInterval, time);
        while (true)
        {
            try
            {
                (training, var outlook) = await LookAsync(training, cancellationToken).ConfigureAwait(false);
                if (!outlook.Continues)
                {
                    await _refresher.SettleAsync(training, cancellationToken).ConfigureAwait(false);
                    if (RunStates.IsCutOff(training.State))
                    {
                        OnWarning($"Run {training.RunId} is {training.State}, and nothing continues it: {outlook.Reason}. Resume it with Resume-RunctlTraining {training.RunId}.");
                    }

                    return training;
                }

                progress.Report(new ProgressUpdate($"Waiting for {training.RunId}", outlook.Reason));
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                progress.Report(new ProgressUpdate($"Waiting for {training.RunId}", e.Message));
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(RunctlTraining Training, RunOutlook Outlook)> LookAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        if (training is { InstanceId.Length: > 0 } && !RunStates.IsEnded(training.State) && training.State != RunStates.Claimed)
        {
            training = await _refresher.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
        }

        // The guard's word is enough for an end that is the run's own: S3 need not answer.
        if (RunStates.IsFinal(training.State))
        {
            return (training, new RunOutlook(false, ""));
        }

        var record = _refresher.StoreOf(training) is { } store ? await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) : null;
        var claim = record?.Current() is { State: RunStates.Claimed } open && await IsHeldAsync(open, cancellationToken).ConfigureAwait(false) ? open : null;
        if (record is not null)
        {
            training = _refresher.Newer(training, record, claim);
        }

        if (!RunStates.IsEnded(training.State))
        {
            return (training, new RunOutlook(true, claim is null ? Describe(training) : RunOutlook.Of(new RunFacts { State = training.State, Since = default, Claim = claim }, default).Reason));
        }

        return RunStates.IsFinal(training.State) ? (training, new RunOutlook(false, ""))
            : (training, RunOutlook.Of(await ReadFactsAsync(training, record, claim, cancellationToken).ConfigureAwait(false), time.GetUtcNow()));
    }

    private async Task<RunFacts> ReadFactsAsync(RunctlTraining training, RunRecord? record, AttemptRecord? claim, CancellationToken cancellationToken)
    {
        _cutOff ??= time.GetUtcNow();
        var store = _refresher.StoreOf(training);
        _policy ??= store is null ? null : await ReadPolicyAsync(store, training.RunId, cancellationToken).ConfigureAwait(false);
        var instance = training.InstanceId.Length > 0 ? await cloud.FindOneAsync(training.InstanceId, cancellationToken).ConfigureAwait(false) : null;
        var events = !Ec2States.IsUp(instance?.State) ? []
            : store is not null ? await store.ReadEventsAsync(training.RunId, training.Attempt, 0, cancellationToken).ConfigureAwait(false)
            : await _refresher.ReadEventsThereAsync(training, cancellationToken).ConfigureAwait(false);
        return new RunFacts
        {
            State = training.State,
            Since = training.Ended ?? _cutOff.Value,
            ResumesHere = ResumesHere(),
            Claim = claim,
            Policy = _policy,
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
}
