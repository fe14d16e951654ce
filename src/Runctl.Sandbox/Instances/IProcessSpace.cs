namespace Runctl.Sandbox.Instances;

/// <summary>The processes of one running instance: all of them, and nobody else's.</summary>
internal interface IProcessSpace : IAsyncDisposable
{
    /// <summary>Completes when the instance's first process has ended, and with it every other.</summary>
    Task Ended { get; }

    /// <summary>Whether the processes are frozen.</summary>
    bool IsFrozen { get; }

    /// <summary>Starts a program as the leader of a session and process group of its own; where the others are frozen, after the thaw.</summary>
    /// <param name="workingDirectory">An existing directory.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="InvalidOperationException">All was killed before there was a thaw.</exception>
    Task<ChildProcess> StartAsync(string workingDirectory, params string[] command);

    /// <summary>Kills the process group that <paramref name="process"/> leads; members that left it live on.</summary>
    void KillGroup(ChildProcess process);

    /// <summary>Stops every process where it is, and returns once none runs.</summary>
    Task FreezeAsync();

    /// <summary>Lets every process go on that was frozen.</summary>
    void Thaw();

    /// <summary>Kills every process, frozen or not, and returns once none is left.</summary>
    Task KillAllAsync();
}
