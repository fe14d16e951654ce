using System.Collections.Concurrent;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Training;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>Takes down what a monitor tells, in order.</summary>
internal sealed class MonitorObserver : IMonitorObserver
{
    private readonly ConcurrentQueue<RunctlEvent> _events = new();
    private readonly ConcurrentQueue<string> _warnings = new();

    public IReadOnlyList<RunctlEvent> Events => [.. _events];

    public IReadOnlyList<string> Warnings => [.. _warnings];

    public IEnumerable<string> Kinds => Events.Select(e => e.Kind);

    public TaskCompletionSource<RunctlTraining> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OnEvent(RunctlEvent runctlEvent) => _events.Enqueue(runctlEvent);

    public void OnWarning(string message) => _warnings.Enqueue(message);

    public void OnEnded(RunctlTraining training) => Ended.SetResult(training);
}
