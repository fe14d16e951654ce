using System.Collections.Concurrent;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Telling;
using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>
/// Makes events of what a session does to resume a run, tells them at once, and keeps them in S3 for other sessions. A resume neither waits for that nor fails
/// over it. Called from any thread.
/// </summary>
/// <param name="objects">S3.</param>
/// <param name="store">The records of the run.</param>
/// <param name="runId">The run.</param>
/// <param name="interrupted">The attempt that was interrupted.</param>
/// <param name="instanceId">Where that was.</param>
/// <param name="listener">Told of the steps as well.</param>
/// <param name="tell">Takes the events of a resume that goes well; what fails is told as a warning or an error.</param>
/// <param name="time">The clock.</param>
internal sealed class ResumeEvents(IObjectStore objects, RunStore store, string runId, int interrupted, string instanceId, IResumeListener listener, Action<RunctlEvent> tell, TimeProvider time) : IResumeListener
{
    private readonly SessionEvents _events = new(objects, store, runId);
    private readonly ConcurrentDictionary<string, bool> _failures = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _writes = [];
    private readonly Lock _gate = new();
    private DateTime _last;
    private int? _claimed;

    /// <inheritdoc/>
    public void OnClaimed(int attempt)
    {
        _claimed = attempt;
        listener.OnClaimed(attempt);
        Tell(EventKinds.ResumeBegun, instanceId, attempt, $"Resuming run {runId} as attempt {attempt}", new { }, attempt - 1);
    }

    /// <inheritdoc/>
    public void OnWaiting(string awaited)
    {
        listener.OnWaiting(awaited);
        Tell(EventKinds.InstanceAwaited, awaited, interrupted, $"Run {runId} waits for instance {awaited}, which EC2 starts again when it has the capacity", new { }, interrupted);
    }

    /// <inheritdoc/>
    public void OnReturned(RunctlInstance instance, int attempt)
    {
        listener.OnReturned(instance, attempt);
        Tell(EventKinds.InstanceReturned, instance.InstanceId, attempt, $"Instance {instance.InstanceId} is back", new { }, attempt - 1);
    }

    /// <inheritdoc/>
    public void OnLaunched(RunctlInstance replacement, int attempt)
    {
        listener.OnLaunched(replacement, attempt);
        Tell(EventKinds.ReplacementLaunched, replacement.InstanceId, attempt, $"Replacement launched: {replacement.InstanceId} ({replacement.InstanceType}, {replacement.AvailabilityZone})",
            new { instance_type = replacement.InstanceType, availability_zone = replacement.AvailabilityZone }, attempt - 1);
    }

    /// <inheritdoc/>
    public void OnWarning(string message) => listener.OnWarning(message);

    /// <inheritdoc/>
    public void OnFailed(string message)
    {
        listener.OnFailed(message);
        KeepFailure(message);
    }

    /// <summary>The training goes on in another attempt.</summary>
    public void OnResumed(RunctlTraining resumed) => Tell(
        EventKinds.TrainingResumed, resumed.InstanceId, resumed.Attempt, $"Training resumed on instance {resumed.InstanceId}{(resumed.ResumedFrom is { } from ? $" from {from.Name}" : "")}",
        new { checkpoint = resumed.ResumedFrom?.Name, step = resumed.ResumedFrom?.Step, manifest = resumed.ResumedFrom?.Manifest }, resumed.Attempt);

    /// <summary>The attempt that was interrupted goes on itself.</summary>
    public void OnWentOn(string message) => Tell(EventKinds.InstanceReturned, instanceId, interrupted, message, new { }, interrupted);

    /// <summary>The session or its user ended the resume before the training was started.</summary>
    public void OnStopped()
    {
        if (_claimed is { } attempt)
        {
            KeepFailure($"Resuming run {runId} as attempt {attempt} was stopped, and is undone");
        }
    }

    /// <summary>Keeps why a resume failed, which is told in another way. Of tries that fail for the same reason the first is kept.</summary>
    public void KeepFailure(string message)
    {
        if (_failures.TryAdd(message, true))
        {
            Keep(Make(EventKinds.ResumeFailed, instanceId, _claimed ?? interrupted, message, new { }), (_claimed - 1) ?? interrupted);
        }
    }

    /// <summary>Waits until the events are in S3, or S3 has not taken them within a minute.</summary>
    public Task FlushAsync() => Task.WhenAll(_writes);

    private void Tell(string kind, string instance, int attempt, string message, object data, int after)
    {
        var item = Make(kind, instance, attempt, message, data);
        Keep(item, after);
        tell(item);
    }

    private RunctlEvent Make(string kind, string instance, int attempt, string message, object data) => new()
    {
        Time = Next(), Kind = kind, InstanceId = instance, RunId = runId, Attempt = attempt, Message = message, Details = RunctlJson.ToElement(data),
    };

    /// <summary>Now, and later than the event before in the milliseconds that are kept: they are read in the order of their times.</summary>
    private DateTime Next()
    {
        lock (_gate)
        {
            var (now, next) = (time.GetUtcNow().UtcDateTime, _last.AddMilliseconds(1));
            return _last = now > next ? now : next;
        }
    }

    private void Keep(RunctlEvent item, int after) => _writes.Add(Task.Run(() => KeepAsync(item, after)));

    private async Task KeepAsync(RunctlEvent item, int after)
    {
        var name = Guid.NewGuid();
        if (await Cleanup.InsistAsync(token => _events.WriteAsync(item, after, name, token), Cleanup.Limit, time).ConfigureAwait(false) is { } failure)
        {
            CommandLog.Decided($"The event {item.Kind} of run {runId} is not kept in S3, so that other sessions do not see it: {failure.Message}");
        }
    }
}
