namespace Runctl.Sandbox.Ssm;

/// <summary>A command on one instance. What an instance that died did not report stays as it was until its time is over.</summary>
internal sealed class Invocation(Command command, string instanceId)
{
    /// <summary>Characters of standard output that are kept.</summary>
    public const int OutputLimit = 24_000;

    /// <summary>Characters of standard error that are kept.</summary>
    public const int ErrorLimit = 8_000;

    private readonly object _gate = new();
    private readonly TaskCompletionSource _cancel = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InvocationStatus _status = InvocationStatus.Pending;

    public Command Command { get; } = command;

    public string InstanceId { get; } = instanceId;

    /// <summary>Standard output so far; shown only at the end.</summary>
    public OutputBuffer Output { get; } = new(OutputLimit);

    /// <summary>Standard error so far; shown only at the end.</summary>
    public OutputBuffer Error { get; } = new(ErrorLimit);

    /// <summary>When the script was started, or null.</summary>
    public DateTimeOffset? Started { get; private set; }

    /// <summary>When it ended, or null.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>The exit code; -1 until there is one.</summary>
    public int ExitCode { get; private set; } = -1;

    /// <summary>Completes when it is to be cancelled.</summary>
    public Task CancelRequested => _cancel.Task;

    /// <summary>The status at a time.</summary>
    public InvocationStatus StatusAt(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_status.Final && Started is null && now > Command.Requested + Command.DeliveryTimeout)
            {
                Finish(InvocationStatus.DeliveryTimedOut, -1, now);
            }

            // The agent would have said so; that it did not means that its instance is gone. Some seconds are the agent's own.
            if (!_status.Final && Started is { } started && now > started + Command.ExecutionTimeout + TimeSpan.FromSeconds(5))
            {
                Finish(InvocationStatus.ExecutionTimedOut, -1, now);
            }

            return _status;
        }
    }

    /// <summary>Says that it waits, behind others at the agent or not even there.</summary>
    public void Wait(InvocationStatus status)
    {
        lock (_gate)
        {
            if (!_status.Final && Started is null)
            {
                _status = status;
            }
        }
    }

    /// <summary>Says that it runs; false where it must not any more.</summary>
    public bool TryStart(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (StatusAt(now).Final)
            {
                return false;
            }

            Started = now;
            _status = InvocationStatus.InProgress;
            return true;
        }
    }

    /// <summary>Settles it.</summary>
    public void Finish(InvocationStatus status, int exitCode, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_status.Final)
            {
                return;
            }

            Output.Close();
            Error.Close();
            ExitCode = exitCode;
            Ended = now;
            _status = status;
        }
    }

    /// <summary>Asks for its end: at once where it waits, by the agent where it runs.</summary>
    public void Cancel(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_status.Final)
            {
                return;
            }

            if (Started is null)
            {
                Finish(InvocationStatus.Cancelled, -1, now);
                return;
            }

            _status = InvocationStatus.Cancelling;
            _cancel.TrySetResult();
        }
    }
}
