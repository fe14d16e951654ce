namespace Runctl.Ports;

/// <summary>A script to be run as root by <c>sh</c>.</summary>
/// <param name="InstanceIds">Where, 50 at most.</param>
/// <param name="Script">The script.</param>
/// <param name="ExecutionTimeout">After this the agent kills it (5 s and more).</param>
/// <param name="Comment">Shown in the command's history.</param>
public sealed record ShellCommand(IReadOnlyList<string> InstanceIds, string Script, TimeSpan ExecutionTimeout, string Comment)
{
    /// <summary>Whether it does not wait for its turn among other calls: a training is to be saved.</summary>
    public bool IsUrgent { get; init; }
}
