using System.Globalization;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Drills;

/// <summary>Rehearses an interruption of a running training and judges the outcome.</summary>
public sealed class InterruptionDrill(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>How long the outcome may be late after the deadline before it is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RunRefresher _refresher = new(cloud, time);

    /// <summary>Raises a notice (a real one in a sandbox, the guard's own <c>drill</c> elsewhere), and waits for the outcome; in a sandbox until the instance is gone.</summary>
    /// <param name="training">A run whose training is running.</param>
    /// <param name="window">Time from notice to deadline; AWS gives 2 minutes.</param>
    /// <param name="pollInterval">How often to ask the guard.</param>
    /// <param name="events">Told of each event as it comes.</param>
    /// <param name="cancellationToken">Ends the waiting, not the interruption.</param>
    public async Task<RunctlDrillReport> RunAsync(RunctlTraining training, TimeSpan window, TimeSpan pollInterval, IProgress<RunctlEvent> events, CancellationToken cancellationToken)
    {
        if (training.S3Bucket is null && configuration.S3Bucket is { } bucket)
        {
            training = training.With(copy => { copy.S3Bucket = bucket; copy.S3Prefix = configuration.S3Prefix; copy.RunPrefix = configuration.RunPrefix; });
        }

        var current = await _refresher.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
        if (current.State != Ec2States.Running)
        {
            throw RunctlErrors.TrainingNotRunning(training.RunId, current.State);
        }

        // What was before the notice belongs to the training, not to the drill.
        var feed = new EventFeed(cloud, current, 0, time);
        await feed.AskAsync(old => Task.FromResult(feed.Take(old)), cancellationToken).ConfigureAwait(false);
        var sandbox = await cloud.FindSandboxAsync(cancellationToken).ConfigureAwait(false);
        var deadline = await RaiseAsync(sandbox, current, window, cancellationToken).ConfigureAwait(false);
        var seen = new List<RunctlEvent>();
        var isGone = await FollowAsync(feed, seen, events, deadline, pollInterval, untilGone: sandbox is not null, current, cancellationToken).ConfigureAwait(false);
        var report = DrillJudge.Judge(current, seen, deadline, isGone);
        return report.Manifest is { } uri && await ReadAsync(uri, cancellationToken).ConfigureAwait(false) is { } manifest ? DrillJudge.Judge(current, seen, deadline, isGone, manifest) : report;
    }

    /// <summary>The newest manifest of the save; null where this session may not read it, or S3 does not answer. The events tell the outcome all the same.</summary>
    private async Task<ManifestRecord?> ReadAsync(string uri, CancellationToken cancellationToken)
    {
        try
        {
            return (await new ManifestStore(cloud, null).FindAsync(uri, cancellationToken).ConfigureAwait(false)).Manifest;
        }
        catch (RunctlException e) when (e.Kind is ErrorKind.PermissionDenied or ErrorKind.Connection or ErrorKind.Timeout or ErrorKind.NotFound or ErrorKind.InvalidData)
        {
            return null;
        }
    }

    private async Task<DateTimeOffset> RaiseAsync(ISandboxControl? sandbox, RunctlTraining training, TimeSpan window, CancellationToken cancellationToken)
    {
        if (sandbox is not null)
        {
            return await sandbox.InterruptAsync(training.InstanceId, window, cancellationToken).ConfigureAwait(false);
        }

        var seconds = window.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var deadline = time.GetUtcNow() + window;
        await new GuardClient(cloud, time).CallAsync(training.InstanceId, ["drill", "--run", training.RunId, "--window", seconds], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        return deadline;
    }

    private async Task<bool> FollowAsync(EventFeed feed, List<RunctlEvent> seen, IProgress<RunctlEvent> events, DateTimeOffset deadline, TimeSpan pollInterval, bool untilGone, RunctlTraining current, CancellationToken cancellationToken)
    {
        Task Tell(IReadOnlyList<RunctlEvent> told)
        {
            foreach (var item in feed.Take(told))
            {
                seen.Add(item);
                events.Report(item);
            }

            return Task.CompletedTask;
        }

        while (true)
        {
            var isGone = await NextAsync(feed, Tell, current, cancellationToken).ConfigureAwait(false);
            var handled = seen.Exists(e => e.Kind is EventKinds.InterruptionHandled or EventKinds.TrainingFinished or EventKinds.TrainingFailed);
            if (isGone || (handled && !untilGone) || time.GetUtcNow() > deadline + Patience)
            {
                return isGone;
            }

            await Task.Delay(pollInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells what is new; a guard that does not answer because its machine is being taken is asked about at EC2.</summary>
    /// <returns>Whether the instance is gone.</returns>
    private async Task<bool> NextAsync(EventFeed feed, Func<IReadOnlyList<RunctlEvent>, Task> tell, RunctlTraining current, CancellationToken cancellationToken)
    {
        try
        {
            await feed.AskAsync(tell, cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e) || e.Kind is ErrorKind.Connection or ErrorKind.Timeout or ErrorKind.InvalidData)
        {
            if (!RunRefresher.MeansGone(e) && !await _refresher.IsGoneAsync(current.InstanceId, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            await tell(await feed.ReadShippedAsync(current.Attempt, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            return true;
        }
    }
}
