namespace Runctl.Ports;

/// <summary>SSM, as far as Runctl uses it. Calls are paced by a token bucket shared by the connection.</summary>
public interface ICommandService
{
    /// <summary>Sends a shell script to instances, 50 at most. One id that is not a live managed instance fails the whole call with the service's code <c>InvalidInstanceId</c>.</summary>
    /// <returns>The command's id.</returns>
    Task<string> SendAsync(ShellCommand command, CancellationToken cancellationToken);

    /// <summary>The outcome on one instance with up to 24,000 characters of output; null while SSM does not know of it yet.</summary>
    Task<CommandOutcome?> GetOutcomeAsync(string commandId, string instanceId, CancellationToken cancellationToken);

    /// <summary>The outcomes on all instances, with up to 2,500 characters of output each; those SSM does not know of yet are missing.</summary>
    Task<IReadOnlyList<CommandOutcome>> ListOutcomesAsync(string commandId, CancellationToken cancellationToken);

    /// <summary>Asks SSM to cancel a command; its processes are killed.</summary>
    Task CancelAsync(string commandId, CancellationToken cancellationToken);

    /// <summary>Which of the instances SSM manages, and whether their agents are online.</summary>
    Task<IReadOnlyList<ManagedInstance>> FindManagedAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>The value of a parameter, or null where there is none of that name.</summary>
    Task<string?> FindParameterAsync(string name, CancellationToken cancellationToken);
}
