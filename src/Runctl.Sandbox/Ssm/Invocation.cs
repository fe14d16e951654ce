namespace Runctl.Sandbox.Ssm;

/// <summary>A command on one instance.</summary>
internal sealed class Invocation(string instanceId)
{
    private const int OutputLimit = 24_000;
    private const int ErrorLimit = 8_000;
    private readonly object _gate = new();

    public string InstanceId { get; } = instanceId;

    /// <summary>Ends the command when it is cancelled.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    public CommandStatus Status { get; private set; } = CommandStatus.Pending;

    /// <summary>Exit code; -1 as long as there is none.</summary>
    public int ResponseCode { get; private set; } = -1;

    public DateTimeOffset? Started { get; private set; }

    public DateTimeOffset? Ended { get; private set; }

    /// <summary>Empty until the command has ended, as SSM has it.</summary>
    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    /// <summary>The command runs now.</summary>
    public void Start(DateTimeOffset time)
    {
        lock (_gate)
        {
            (Status, Started) = (CommandStatus.InProgress, time);
        }
    }

    /// <summary>The command has ended.</summary>
    public void End(CommandStatus status, int responseCode, string output, string error, DateTimeOffset time)
    {
        lock (_gate)
        {
            (Status, ResponseCode, Ended) = (status, responseCode, time);
            Output = Cut(output, OutputLimit, "\n---Output truncated---");
            Error = Cut(error, ErrorLimit, "\n---Error truncated----");
        }
    }

    /// <summary>A text cut to a limit, with the mark the agent puts at its end.</summary>
    public static string Cut(string text, int limit, string mark) => text.Length <= limit ? text : text[..(limit - mark.Length)] + mark;
}
