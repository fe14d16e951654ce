namespace Runctl.Sandbox.Instances;

/// <summary>The hardware of one instance: a directory for its disk, and processes while it is powered on.</summary>
internal sealed class Machine(ProcessSpaces spaces, string directory, InstanceUser user) : IAsyncDisposable
{
    private readonly SemaphoreSlim _power = new(1, 1);
    private IProcessSpace? _processes;

    /// <summary>The root directory.</summary>
    public string Root { get; } = directory;

    /// <summary>The login user.</summary>
    public InstanceUser User { get; } = user;

    /// <summary>The processes, or null while the machine is off.</summary>
    public IProcessSpace? Processes => Volatile.Read(ref _processes);

    /// <summary>Lays out the disk of a new instance.</summary>
    public void Format(string instanceId, string privateName) =>
        InstanceRoot.Create(Root, instanceId, privateName, User, spaces.UseNamespaces);

    /// <summary>Powers on.</summary>
    /// <param name="environment">The whole environment of every process.</param>
    /// <param name="ct">Gives up.</param>
    public async Task PowerOnAsync(IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        await _power.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            File.Delete(Path.Combine(Root, InstanceRoot.BootFinished));
            _processes ??= await spaces.CreateAsync(environment, ct).ConfigureAwait(false);
        }
        finally
        {
            _power.Release();
        }
    }

    /// <summary>Records that cloud-init is through.</summary>
    public void FinishBoot() => File.WriteAllText(Path.Combine(Root, InstanceRoot.BootFinished), "0 - sandbox\n");

    /// <summary>Takes the power away: every process is gone when this returns, without having been told.</summary>
    public async Task PowerOffAsync()
    {
        await _power.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_processes is { } processes)
            {
                await processes.DisposeAsync().ConfigureAwait(false);
                _processes = null;
            }
        }
        finally
        {
            _power.Release();
        }
    }

    /// <summary>Powers off and removes the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await PowerOffAsync().ConfigureAwait(false);
        InstanceRoot.Delete(Root);
    }
}
