namespace Runctl.Sandbox.Ssm;

/// <summary>How far a command is on one instance, in SSM's words.</summary>
/// <param name="Status">Pending, InProgress, Delayed, Success, Cancelled, Cancelling, TimedOut or Failed.</param>
/// <param name="Details">The same, finer: for example DeliveryTimedOut, ExecutionTimedOut.</param>
internal sealed record CommandStatus(string Status, string Details)
{
    public static readonly CommandStatus Pending = new("Pending", "Pending");
    public static readonly CommandStatus InProgress = new("InProgress", "InProgress");
    public static readonly CommandStatus Success = new("Success", "Success");
    public static readonly CommandStatus Failed = new("Failed", "Failed");
    public static readonly CommandStatus Cancelled = new("Cancelled", "Cancelled");
    public static readonly CommandStatus ExecutionTimedOut = new("TimedOut", "ExecutionTimedOut");
    public static readonly CommandStatus DeliveryTimedOut = new("TimedOut", "DeliveryTimedOut");
}
