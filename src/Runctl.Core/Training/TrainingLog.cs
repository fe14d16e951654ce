using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Reads what a training printed: from its segments in S3, or from its instance where it has no bucket.</summary>
public sealed class TrainingLog(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The lines in order, none lost or repeated.</summary>
    /// <param name="training">The run.</param>
    /// <param name="options">What of the log is wanted.</param>
    /// <param name="progress">Is told how far behind the reading is.</param>
    /// <param name="warn">Is told of what is missing.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<string> ReadAsync(RunctlTraining training, LogOptions options, IProgress<ProgressUpdate> progress, Action<string> warn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        training = WithStore(training);
        if (options is { Follow: false, All: false, Attempt: null } && NoteOf(training) is { } note)
        {
            warn(note);
        }

        var lines = new AttemptLogs(cloud, new RunRefresher(cloud, time).StoreOf(training), training, options, progress, warn, time).ReadAsync(cancellationToken);
        // What is there already is trimmed; what comes later is shown as it comes.
        var backlog = options.Tail is null ? null : new Queue<string>();
        await foreach (var line in lines.ConfigureAwait(false))
        {
            if (line is not null && backlog is null)
            {
                yield return line;
            }
            else if (line is not null)
            {
                backlog!.Enqueue(line);
                if (backlog.Count > options.Tail)
                {
                    backlog.Dequeue();
                }
            }
            else if (options.Follow)
            {
                while (backlog?.TryDequeue(out var kept) == true)
                {
                    yield return kept;
                }

                backlog = null;
            }
        }

        while (backlog?.TryDequeue(out var kept) == true)
        {
            yield return kept;
        }
    }

    /// <summary>What a log says that is read between two attempts; null if it is not.</summary>
    private static string? NoteOf(RunctlTraining training) => training switch
    {
        { AttemptHasEnded: true, StateReason: { } reason } => $"Run {training.RunId} is {training.State}, and {reason}: this is the log of attempt {training.Attempt}. Get-RunctlTrainingLog {training.RunId} -Follow continues with the next attempt.",
        { State: RunStates.Claimed, InstanceId: "", Attempt: > 1 } => $"Attempt {training.Attempt} of run {training.RunId} has no log yet, because {(training.StateReason is null ? "a" : "this")} session prepares it. "
            + $"Get-RunctlTrainingLog {training.RunId} -Attempt {training.Attempt - 1} shows the log of the attempt before; -Follow waits for the new one.",
        _ => null,
    };

    private RunctlTraining WithStore(RunctlTraining training) => training.S3Bucket is not null || configuration.S3Bucket is null
        ? training
        : training.With(copy => { copy.S3Bucket = configuration.S3Bucket; copy.S3Prefix = configuration.S3Prefix; copy.RunPrefix = configuration.RunPrefix; });
}
