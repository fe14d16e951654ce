namespace Runctl.Monitoring;

/// <summary>The instances under watch and when each is to be asked. Used from any thread.</summary>
internal sealed class WatchList(TimeProvider time)
{
    private readonly object _lock = new();
    private readonly Dictionary<string, InstanceWatch> _instances = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All runs under watch.</summary>
    public IReadOnlyList<MonitoredRun> AllRuns
    {
        get
        {
            lock (_lock)
            {
                return [.. _instances.Values.SelectMany(i => i.Runs)];
            }
        }
    }

    /// <summary>Adds a run; its instance is asked at once.</summary>
    public void Add(MonitoredRun run, Func<string, InstanceWatch> create)
    {
        var id = run.Target.Training.InstanceId;
        lock (_lock)
        {
            if (!_instances.TryGetValue(id, out var instance))
            {
                _instances[id] = instance = create(id);
            }

            instance.Runs.Add(run);
            instance.Due = time.GetTimestamp();
            _changed.TrySetResult();
        }
    }

    /// <summary>The runs of an instance.</summary>
    public IReadOnlyList<MonitoredRun> RunsOf(InstanceWatch instance)
    {
        lock (_lock)
        {
            return [.. instance.Runs];
        }
    }

    /// <summary>Says that something may have to be done sooner.</summary>
    public void Change()
    {
        lock (_lock)
        {
            _changed.TrySetResult();
        }
    }

    /// <summary>Who is to be asked now, who is busy from then on until released; else how long there is nothing to do, and what may change that.</summary>
    public Turn Next()
    {
        lock (_lock)
        {
            Forget();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var now = time.GetTimestamp();
            var asked = TakeDue(now);
            var wait = _instances.Values.Where(i => !i.IsBusy).Select(i => Until(i.Due, now)).DefaultIfEmpty(Timeout.InfiniteTimeSpan).Min();
            return new(asked, now, wait, _changed.Task);
        }
    }

    /// <summary>The instance can be asked again: by when it was asked, not by when it answered, and at once where a run was added meanwhile.</summary>
    public void Release(InstanceWatch instance, long asked)
    {
        lock (_lock)
        {
            instance.Due += instance.Due == asked ? (long)(instance.Interval.TotalSeconds * time.TimestampFrequency) : 0;
            instance.IsBusy = false;
            _changed.TrySetResult();
        }
    }

    /// <summary>Who is due, and who will be before long: together they cost no more. Who is busy holds up nobody.</summary>
    private List<InstanceWatch> TakeDue(long now)
    {
        var free = _instances.Values.Where(i => !i.IsBusy).ToList();
        if (!free.Exists(i => Until(i.Due, now) == TimeSpan.Zero))
        {
            return [];
        }

        var asked = free.FindAll(i => Until(i.Due, now) <= i.Interval / 2);
        foreach (var instance in asked)
        {
            instance.IsBusy = true;
            instance.Due = now;
        }

        return asked;
    }

    private void Forget()
    {
        foreach (var instance in _instances.Values)
        {
            instance.Runs.RemoveAll(r => r.IsOver);
        }

        foreach (var instance in _instances.Values.Where(i => i.Runs.Count == 0 && !i.IsBusy).ToList())
        {
            _instances.Remove(instance.InstanceId);
        }
    }

    private TimeSpan Until(long due, long now) => TimeSpan.FromTicks(Math.Max(0, time.GetElapsedTime(now, due).Ticks));

    /// <summary>What there is to do.</summary>
    internal sealed record Turn(IReadOnlyList<InstanceWatch> Asked, long Now, TimeSpan Wait, Task Changed);
}
