using System.Collections.Concurrent;
using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>A connection that notes each call to a service by its name.</summary>
internal sealed class CountedCloud : ICloud
{
    private readonly FakeCloud _inner;

    public CountedCloud(FakeCloud inner)
    {
        _inner = inner;
        Instances = CallCounter.On(inner.Instances, Calls);
        Commands = CallCounter.On(inner.Commands, Calls);
        Objects = CallCounter.On(inner.Objects, Calls);
    }

    public ConcurrentQueue<string> Calls { get; } = new();

    public CloudConnection Connection => _inner.Connection;

    public string Region => _inner.Region;

    public IInstanceService Instances { get; }

    public ICommandService Commands { get; }

    public IObjectStore Objects { get; }

    public Task<ISandboxControl?> FindSandboxAsync(CancellationToken cancellationToken) => _inner.FindSandboxAsync(cancellationToken);

    public Task<string> GetCallerAsync(CancellationToken cancellationToken)
    {
        Calls.Enqueue(nameof(GetCallerAsync));
        return _inner.GetCallerAsync(cancellationToken);
    }

    public void Dispose() => _inner.Dispose();
}
