using System.Collections.Concurrent;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Tests.Ec2;

/// <summary>Notes what is asked of the power, in order: <c>on i-1</c>, <c>off i-1 ShuttingDown</c>.</summary>
internal sealed class RecordingPower : IInstancePower
{
    private readonly ConcurrentQueue<string> _calls = new();
    private volatile Task _off = Task.CompletedTask;

    public IEnumerable<string> Calls => _calls;

    /// <summary>Makes powering on fail.</summary>
    public Exception? Failure { get; set; }

    public Task PowerOnAsync(InstanceRecord record, CancellationToken ct)
    {
        _calls.Enqueue($"on {record.InstanceId}");
        return Failure is null ? Task.CompletedTask : Task.FromException(Failure);
    }

    public Task HibernateAsync(InstanceRecord record)
    {
        _calls.Enqueue($"hibernate {record.InstanceId}");
        return _off;
    }

    public Task PowerOffAsync(InstanceRecord record)
    {
        _calls.Enqueue($"off {record.InstanceId} {record.State}");
        return _off;
    }

    /// <summary>Keeps instances from powering off until the answer is disposed.</summary>
    public IDisposable HoldOff()
    {
        var held = new TaskCompletionSource();
        _off = held.Task;
        return new Release(held);
    }

    private sealed class Release(TaskCompletionSource held) : IDisposable
    {
        public void Dispose() => held.TrySetResult();
    }
}
