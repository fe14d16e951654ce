namespace Runctl.Sandbox.Faults;

/// <summary>What one instance lives with now, and the link and the agent's reach that follow from it.</summary>
internal sealed class InstanceConditions
{
    private readonly object _gate = new();
    private readonly TimeProvider _clock;
    private volatile SandboxConditions _current;
    private TaskCompletionSource _online = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InstanceConditions(SandboxConditions conditions, TimeProvider clock)
    {
        _clock = clock;
        _current = conditions;
        Up = new Link(() => _current.LinkBytesPerSecond, clock);
        Down = new Link(() => _current.LinkBytesPerSecond, clock);
        Become(conditions);
    }

    /// <summary>What holds now.</summary>
    public SandboxConditions Current => _current;

    /// <summary>To S3.</summary>
    public Link Up { get; }

    /// <summary>From S3.</summary>
    public Link Down { get; }

    /// <summary>Whether SSM ever reached its agent; one it never reached is not in its inventory.</summary>
    public bool WasOnline { get; private set; }

    /// <summary>Since when SSM does not reach its agent, or null.</summary>
    public DateTimeOffset? OfflineSince { get; private set; }

    /// <summary>Changes them.</summary>
    public void Become(SandboxConditions conditions)
    {
        lock (_gate)
        {
            _current = conditions;
            if (conditions.SsmOnline)
            {
                WasOnline = true;
                OfflineSince = null;
                _online.TrySetResult();
                return;
            }

            OfflineSince ??= _clock.GetUtcNow();
            if (_online.Task.IsCompleted)
            {
                _online = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Waits until SSM reaches its agent.</summary>
    public Task OnlineAsync()
    {
        lock (_gate)
        {
            return _online.Task;
        }
    }
}
