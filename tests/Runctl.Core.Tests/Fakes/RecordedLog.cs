using System.Collections.Concurrent;
using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>Takes down what a command decides and waits for.</summary>
internal sealed class RecordedLog : ICommandLog
{
    private readonly ConcurrentQueue<string> _decisions = new();
    private readonly ConcurrentQueue<ServiceRetry> _retries = new();

    public IReadOnlyList<string> Decisions => [.. _decisions];

    public IReadOnlyList<ServiceRetry> Retries => [.. _retries];

    public void Decided(string message) => _decisions.Enqueue(message);

    public void Called(ServiceCall answered)
    {
        // Fakes call no service.
    }

    public void Waits(ServiceRetry retry) => _retries.Enqueue(retry);
}
