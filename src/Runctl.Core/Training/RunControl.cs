using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Stops runs, and waits for their ends.</summary>
public sealed class RunControl(ICloud cloud, TimeProvider time)
{
    private readonly RunRefresher _refresher = new(cloud, time);

    /// <summary>Stops a run for good: its training saves and ends as at an interruption, and no session or guard continues it. A resume that is under way is taken back.</summary>
    /// <param name="training">The run.</param>
    /// <param name="gracePeriod">Longest wait for the training to save after the signal.</param>
    /// <param name="warn">Told of what could not be removed and costs money.</param>
    /// <param name="cancellationToken">Ends the waiting, not the save.</param>
    public Task<RunctlTraining> StopAsync(RunctlTraining training, TimeSpan gracePeriod, Action<string> warn, CancellationToken cancellationToken) =>
        new RunStop(cloud, time, attempt => StopAttemptAsync(attempt, gracePeriod, cancellationToken)) { OnWarning = warn }.RunAsync(training, cancellationToken);

    /// <summary>Waits for the end of a run, through its resumes.</summary>
    /// <param name="training">The run.</param>
    /// <param name="pollInterval">Longest pause between two questions.</param>
    /// <param name="warn">Told of an end that is not the run's own, and that nothing continues.</param>
    /// <param name="progress">Told how it stands.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<RunctlTraining> WaitAsync(RunctlTraining training, TimeSpan pollInterval, Action<string> warn, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        new RunWait(cloud, time) { OnWarning = warn }.RunAsync(training, pollInterval, progress, cancellationToken);

    /// <summary>Stops the training of one attempt on its instance: same sequence as an interruption, checkpoint uploaded too.</summary>
    internal async Task<RunctlTraining> StopAttemptAsync(RunctlTraining training, TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        var grace = gracePeriod.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            await new GuardClient(cloud, time).CallAsync(training.InstanceId, ["stop", "--run", training.RunId, "--grace", grace, "--no-wait"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e))
        {
            return await _refresher.ReadRecordAsync(training, cancellationToken).ConfigureAwait(false);
        }

        // The save and the upload take their time; a command that waited for them would sit in one of the agent's five places.
        return await WaitForAttemptAsync(training, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until an attempt has ended on its instance.</summary>
    private async Task<RunctlTraining> WaitForAttemptAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), time);
        while (true)
        {
            try
            {
                training = await _refresher.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
                if (RunStates.IsEnded(training.State))
                {
                    await _refresher.SettleAsync(training, cancellationToken).ConfigureAwait(false);
                    return training;
                }
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                // The guard goes on whether it is reached or not.
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
