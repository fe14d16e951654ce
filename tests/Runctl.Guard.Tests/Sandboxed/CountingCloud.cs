using Runctl.Ports;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>A connection that counts how many commands are in flight at most.</summary>
internal sealed class CountingCloud(ICloud inner) : ICloud, ICommandService
{
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    public int MostInFlight { get; private set; }

    public int Sent { get; private set; }

    public CloudConnection Connection => inner.Connection;

    public string Region => inner.Region;

    public IInstanceService Instances => inner.Instances;

    public ICommandService Commands => this;

    public IObjectStore Objects => inner.Objects;

    public Task<ISandboxControl?> FindSandboxAsync(CancellationToken cancellationToken) => inner.FindSandboxAsync(cancellationToken);

    public Task<string> GetCallerAsync(CancellationToken cancellationToken) => inner.GetCallerAsync(cancellationToken);

    public async Task<string> SendAsync(ShellCommand command, CancellationToken cancellationToken)
    {
        var id = await inner.Commands.SendAsync(command, cancellationToken);
        lock (_open)
        {
            _open.Add(id);
            Sent++;
            MostInFlight = Math.Max(MostInFlight, _open.Count);
        }

        return id;
    }

    public async Task<CommandOutcome?> GetOutcomeAsync(string commandId, string instanceId, CancellationToken cancellationToken)
    {
        var outcome = await inner.Commands.GetOutcomeAsync(commandId, instanceId, cancellationToken);
        if (outcome is { IsFinal: true })
        {
            lock (_open)
            {
                _open.Remove(commandId);
            }
        }

        return outcome;
    }

    public Task<IReadOnlyList<CommandOutcome>> ListOutcomesAsync(string commandId, CancellationToken cancellationToken) => inner.Commands.ListOutcomesAsync(commandId, cancellationToken);

    public Task CancelAsync(string commandId, CancellationToken cancellationToken) => inner.Commands.CancelAsync(commandId, cancellationToken);

    public Task<IReadOnlyList<ManagedInstance>> FindManagedAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken) => inner.Commands.FindManagedAsync(instanceIds, cancellationToken);

    public Task<string?> FindParameterAsync(string name, CancellationToken cancellationToken) => inner.Commands.FindParameterAsync(name, cancellationToken);

    public void Dispose()
    {
        // The connection is somebody else's.
    }
}
