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

    /// <summary>The processes, or null while the machine is off; a hibernated one has them, frozen.</summary>
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

    /// <summary>Stops every process where it is; those of a machine that is off, or has just shut itself down, are gone anyway.</summary>
    public async Task HibernateAsync()
    {
        await _power.WaitAsync().ConfigureAwait(false);
        try
        {
            await (_processes?.FreezeAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        finally
        {
            _power.Release();
        }
    }

    /// <summary>Lets the processes go on that <see cref="HibernateAsync"/> stopped.</summary>
    /// <returns>False where there are none: the machine has to be powered on.</returns>
    public async Task<bool> WakeAsync(CancellationToken ct)
    {
        await _power.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_processes is not { } processes)
            {
                return false;
            }

            if (processes.Ended.IsCompleted)
            {
                await processes.DisposeAsync().ConfigureAwait(false);
                _processes = null;
                return false;
            }

            processes.Thaw();
            return true;
        }
        finally
        {
            _power.Release();
        }
    }

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
