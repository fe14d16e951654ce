using Runctl.Core.Tests.Fakes;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Training;

namespace Runctl.Core.Tests.Monitoring;

/// <summary>Takes down what a monitor tells, in order.</summary>
internal sealed class Recorder : IMonitorObserver
{
    private readonly List<RunctlEvent> _events = [];
    private readonly List<string> _warnings = [];

    public IReadOnlyList<RunctlEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warnings)
            {
                return [.. _warnings];
            }
        }
    }

    public TaskCompletionSource<RunctlTraining> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OnEvent(RunctlEvent runctlEvent)
    {
        lock (_events)
        {
            _events.Add(runctlEvent);
        }
    }

    public void OnWarning(string message)
    {
        lock (_warnings)
        {
            _warnings.Add(message);
        }
    }

    public bool IsStopped { get; private set; }

    /// <summary>The run where it was resumed first, or null.</summary>
    public RunctlTraining? Resumed { get; private set; }

    public void OnResumed(RunctlTraining training) => Resumed ??= training;

    /// <summary>Waits until something was told.</summary>
    public Task UntilAsync(Func<bool> isTold, CancellationToken cancellationToken) => Eventually.IsAsync(isTold, () => string.Join('\n', Warnings), cancellationToken);

    public void OnStopped() => IsStopped = true;

    public void OnEnded(RunctlTraining training) => Ended.SetResult(training);
}
