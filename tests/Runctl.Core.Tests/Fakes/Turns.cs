using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>Has several actors make their calls to S3 in an order that is given: whose turn it is not waits, and whoever is done is passed over.</summary>
internal sealed class Turns(IReadOnlyList<int> order)
{
    private readonly object _gate = new();
    private readonly HashSet<int> _done = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;

    /// <summary>Makes one call when it is the actor's turn.</summary>
    public async Task<T> TakeAsync<T>(int actor, Func<Task<T>> call)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                while (_next < order.Count && _done.Contains(order[_next]))
                {
                    _next++;
                }

                if (_next >= order.Count || order[_next] == actor)
                {
                    break;
                }

                changed = _changed.Task;
            }

            await changed;
        }

        try
        {
            return await call();
        }
        finally
        {
            Change(() => _next++);
        }
    }

    /// <summary>Runs an actor to its end.</summary>
    public async Task<Exception?> RunAsync(int actor, Func<Task> act)
    {
        try
        {
            await Task.Run(act);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
        finally
        {
            Change(() => _done.Add(actor));
        }
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

/// <summary>What happens to the first write of an actor.</summary>
public enum WriteFate
{
    /// <summary>It is answered.</summary>
    Answered,

    /// <summary>It is carried out, and the answer is lost.</summary>
    AnswerLost,

    /// <summary>It is carried out, and a repetition by the client is told that the condition does not hold.</summary>
    Repeated,

    /// <summary>It never arrives.</summary>
    Lost,
}

/// <summary>The objects as one actor reaches them.</summary>
internal sealed class ActorStore(MemoryStore inner, Turns turns, int actor, WriteFate fate) : IObjectStore
{
    private int _writes;

    public Task CheckBucketAsync(string bucket, string prefix, CancellationToken cancellationToken) => Task.CompletedTask;

    public IAsyncEnumerable<ObjectRecord> ListAsync(string bucket, string prefix, CancellationToken cancellationToken) => inner.ListAsync(bucket, prefix, cancellationToken);

    public IAsyncEnumerable<ObjectRecord> ListAfterAsync(string bucket, string prefix, string after, CancellationToken cancellationToken) => inner.ListAfterAsync(bucket, prefix, after, cancellationToken);

    public Task DeleteAsync(string bucket, string key, CancellationToken cancellationToken) => inner.DeleteAsync(bucket, key, cancellationToken);

    public IAsyncEnumerable<string> ListDirectoriesAsync(string bucket, string prefix, CancellationToken cancellationToken) => inner.ListDirectoriesAsync(bucket, prefix, cancellationToken);

    public Task<ObjectRecord?> FindAsync(string bucket, string key, CancellationToken cancellationToken) => inner.FindAsync(bucket, key, cancellationToken);

    public Task<ObjectContent?> ReadAsync(string bucket, string key, CancellationToken cancellationToken) => turns.TakeAsync(actor, () => inner.ReadAsync(bucket, key, cancellationToken));

    public Task<Stream?> OpenAsync(string bucket, string key, long offset, long? length, CancellationToken cancellationToken) => inner.OpenAsync(bucket, key, offset, length, cancellationToken);

    public Task<bool> WriteAsync(string bucket, string key, ReadOnlyMemory<byte> content, WriteCondition condition, CancellationToken cancellationToken) => turns.TakeAsync(actor, async () =>
    {
        var now = _writes++ == 0 ? fate : WriteFate.Answered;
        var written = now != WriteFate.Lost && await inner.WriteAsync(bucket, key, content, condition, cancellationToken);
        return now switch
        {
            WriteFate.Repeated => false,
            WriteFate.AnswerLost or WriteFate.Lost => throw FakeInstances.LostAnswer(),
            _ => written,
        };
    });

    public Task<bool> UploadAsync(string bucket, string key, string path, WriteCondition condition, CancellationToken cancellationToken) => inner.UploadAsync(bucket, key, path, condition, cancellationToken);
}
