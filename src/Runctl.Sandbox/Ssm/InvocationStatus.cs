namespace Runctl.Sandbox.Ssm;

/// <summary>The state of a command on one instance.</summary>
/// <param name="Name">Pending, InProgress, Delayed, Success, Cancelled, Cancelling, TimedOut or Failed.</param>
/// <param name="Details">The same in more detail.</param>
/// <param name="Final">Whether it stays so.</param>
internal sealed record InvocationStatus(string Name, string Details, bool Final)
{
    public static InvocationStatus Pending { get; } = new("Pending", "Pending", false);

    public static InvocationStatus Delayed { get; } = new("Delayed", "Delayed", false);

    public static InvocationStatus InProgress { get; } = new("InProgress", "InProgress", false);

    public static InvocationStatus Cancelling { get; } = new("Cancelling", "Cancelling", false);

    public static InvocationStatus Success { get; } = new("Success", "Success", true);

    public static InvocationStatus Failed { get; } = new("Failed", "Failed", true);

    public static InvocationStatus Cancelled { get; } = new("Cancelled", "Cancelled", true);

    /// <summary>The instance did not take it in time.</summary>
    public static InvocationStatus DeliveryTimedOut { get; } = new("TimedOut", "DeliveryTimedOut", true);

    /// <summary>It ran for longer than it may.</summary>
    public static InvocationStatus ExecutionTimedOut { get; } = new("TimedOut", "ExecutionTimedOut", true);
}
