namespace Runctl.Sandbox.Instances;

/// <summary>The processes of one running instance: all of them, and nobody else's.</summary>
internal interface IProcessSpace : IAsyncDisposable
{
    /// <summary>Completes when the instance's first process has ended, and with it every other.</summary>
    Task Ended { get; }

    /// <summary>Starts a program as the leader of a session and process group of its own.</summary>
    /// <param name="workingDirectory">An existing directory.</param>
    /// <param name="command">The program and its arguments.</param>
    ChildProcess Start(string workingDirectory, params string[] command);

    /// <summary>Kills the process group that <paramref name="process"/> leads; members that left it live on.</summary>
    void KillGroup(ChildProcess process);

    /// <summary>Kills every process, and returns once none is left.</summary>
    Task KillAllAsync();
}
