namespace Runctl.Sandbox.Ec2;

/// <summary>The states as EC2 writes them.</summary>
internal static class InstanceStateNames
{
    /// <summary>E.g. <c>shutting-down</c>.</summary>
    public static string Name(this InstanceState state) => state switch
    {
        InstanceState.Pending => "pending",
        InstanceState.Running => "running",
        InstanceState.ShuttingDown => "shutting-down",
        InstanceState.Terminated => "terminated",
        InstanceState.Stopping => "stopping",
        InstanceState.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
