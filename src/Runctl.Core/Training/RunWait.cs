using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Training;

/// <summary>Waits for the end of a run, through its resumes.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="time">The clock.</param>
internal sealed class RunWait(ICloud cloud, TimeProvider time)
{
    private readonly RunRefresher _refresher = new(cloud, time);

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
        var continuation = new RunContinuation(cloud, training.Cell, time);
        var first = pollInterval < TimeSpan.FromSeconds(1) ? pollInterval : TimeSpan.FromSeconds(1);
        var backoff = new Backoff(first, pollInterval, time);
        while (true)
        {
            try
            {
                var look = await continuation.LookAsync(training, cancellationToken).ConfigureAwait(false);
                training = look.Training;
                if (!look.Outlook.Continues)
                {
                    await _refresher.SettleAsync(training, cancellationToken).ConfigureAwait(false);
                    if (look.Warning is { } warning)
                    {
                        OnWarning(warning);
                    }

                    return training;
                }

                progress.Report(new ProgressUpdate($"Waiting for {training.RunId}", look.Outlook.Reason));
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                progress.Report(new ProgressUpdate($"Waiting for {training.RunId}", e.Message));
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
