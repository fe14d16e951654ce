using System.Collections.Concurrent;

namespace Runctl.Sandbox.Ssm;

/// <summary>The commands that were sent. A new one takes a moment to be found, as in the real service.</summary>
internal sealed class CommandStore(TimeProvider clock)
{
    private static readonly TimeSpan Propagation = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, Command> _commands = new(StringComparer.Ordinal);

    /// <summary>Keeps a command.</summary>
    public void Add(Command command) => _commands[command.Id] = command;

    /// <summary>Commands that can be seen already, newest first; all, or the one of this id.</summary>
    public IReadOnlyList<Command> Visible(string? id) => _commands.Values
        .Where(command => (id is null || command.Id == id) && clock.GetUtcNow() - command.Requested >= Propagation)
        .OrderByDescending(command => command.Requested)
        .ToList();

    /// <summary>A command, seen or not.</summary>
    /// <exception cref="SsmException">There is none of this id.</exception>
    public Command Get(string id) => _commands.GetValueOrDefault(id)
        ?? throw new SsmException("InvalidCommandId", "The specified command ID is not valid. Verify the ID and try again.");

    /// <summary>A command on an instance.</summary>
    /// <exception cref="SsmException">It cannot be seen, or not yet.</exception>
    public Invocation Invocation(string id, string instanceId) =>
        Visible(id).SelectMany(command => command.Invocations).FirstOrDefault(invocation => invocation.InstanceId == instanceId)
        ?? throw new SsmException("InvocationDoesNotExist",
            "The command ID and managed node ID you specified did not match any invocations.");
}
