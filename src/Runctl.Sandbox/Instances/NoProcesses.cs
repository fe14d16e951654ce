namespace Runctl.Sandbox.Instances;

/// <summary>The processes of an instance that has none, since somebody answers for it.</summary>
internal sealed class NoProcesses : IProcessSpace
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public bool IsFrozen { get; private set; }

    /// <inheritdoc/>
    public Task<ChildProcess> StartAsync(string workingDirectory, params string[] command) =>
        throw new InvalidOperationException("The instances of this sandbox have no processes.");

    /// <inheritdoc/>
    public void KillGroup(ChildProcess process)
    {
    }

    /// <inheritdoc/>
    public Task FreezeAsync()
    {
        IsFrozen = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Thaw() => IsFrozen = false;

    /// <inheritdoc/>
    public Task KillAllAsync()
    {
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(KillAllAsync());
}
