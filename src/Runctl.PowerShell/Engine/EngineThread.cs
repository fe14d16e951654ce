using System.Collections.Concurrent;

namespace Runctl.PowerShell.Engine;

/// <summary>Runs an asynchronous body on the engine's thread: what follows an await comes back to it, because only there objects may be written.</summary>
internal sealed class EngineThread : SynchronizationContext
{
    // Long enough for well-behaved work to end, short enough that Ctrl+C is felt within a second.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMilliseconds(700);

    private readonly BlockingCollection<Action> _queue = [];
    private readonly int _threadId = Environment.CurrentManagedThreadId;
    private readonly Action _fail;
    private readonly bool _isCostly;
    private Exception? _failure;

    /// <param name="fail">Called when a posted callback failed or a signal ends the process, so that the body ends.</param>
    /// <param name="isCostly">Whether a body that was stopped may have to remove what costs money.</param>
    public EngineThread(Action fail, bool isCostly)
    {
        _fail = fail;
        _isCostly = isCostly;
    }

    /// <summary>Runs until the body has ended, or until it was stopped and does not end in time: then it ends by itself in the background.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(Func<Task> body, CancellationToken stopping)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = body();
            if (!task.IsCompleted)
            {
                using var held = _isCostly ? BackgroundWork.Hold(() => StopAsync(task)) : null;
                using var wake = stopping.Register(() => Post(static _ => { }, null));
                Pump(task, stopping);
            }

            Drain();
            if (_failure is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(_failure).Throw();
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            _queue.CompleteAdding();
            SetSynchronizationContext(previous);
        }
    }

    /// <summary>Runs code of others (a pipeline's next command), which must not find this context: code that blocks on a task would wait for itself.</summary>
    public void RunOutside(Action action)
    {
        SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SetSynchronizationContext(this);
        }
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _queue.Add(() => d(state));
        }
        catch (InvalidOperationException)
        {
            // The body was left behind: it ends on any thread.
            ThreadPool.QueueUserWorkItem(_ => d(state));
        }
    }

    /// <summary>Has the engine's thread do something, if the body has not been left behind.</summary>
    public void TryPost(Action action)
    {
        try
        {
            _queue.Add(action);
        }
        catch (InvalidOperationException)
        {
            // The pipeline takes nothing any more.
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId == _threadId)
        {
            d(state);
            return;
        }

        using var done = new ManualResetEventSlim();
        Post(
            _ =>
            {
                try
                {
                    d(state);
                }
                finally
                {
                    done.Set();
                }
            },
            null);
        done.Wait();
    }

    private void Pump(Task task, CancellationToken stopping)
    {
        _ = task.ContinueWith(_ => Post(static _ => { }, null), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        long? stopped = null;
        while (!task.IsCompleted)
        {
            if (stopping.IsCancellationRequested && !BackgroundWork.IsTerminating)
            {
                stopped ??= TimeProvider.System.GetTimestamp();
            }

            var left = stopped is { } since ? StopPatience - TimeProvider.System.GetElapsedTime(since) : Timeout.InfiniteTimeSpan;
            if (stopped is not null && left <= TimeSpan.Zero)
            {
                BackgroundWork.Track(task, _isCostly);
                throw _failure ?? new OperationCanceledException(stopping);
            }

            if (_queue.TryTake(out var action, left))
            {
                Invoke(action);
            }
        }
    }

    private Task StopAsync(Task task)
    {
        _fail();
        return task;
    }

    private void Drain()
    {
        while (_queue.TryTake(out var action))
        {
            Invoke(action);
        }
    }

    private void Invoke(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // It is thrown again once the body has ended.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure ??= exception;
            _fail();
        }
    }
}
