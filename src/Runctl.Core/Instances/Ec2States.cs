namespace Runctl.Instances;

/// <summary>The states of an instance, as EC2 names them.</summary>
internal static class Ec2States
{
    public const string Pending = "pending";

    public const string Running = "running";

    public const string Stopping = "stopping";

    public const string Stopped = "stopped";

    public const string ShuttingDown = "shutting-down";

    public const string Terminated = "terminated";

    /// <summary>Whether something may run on an instance in this state.</summary>
    public static bool IsUp(string? state) => state is Pending or Running;
}
