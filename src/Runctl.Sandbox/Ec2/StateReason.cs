namespace Runctl.Sandbox.Ec2;

/// <summary>Why an instance left the state running.</summary>
internal sealed record StateReason(string Code, string Message)
{
    /// <summary>TerminateInstances, or StopInstances.</summary>
    public static StateReason User { get; } =
        new("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown");

    /// <summary>The instance shut itself down.</summary>
    public static StateReason Instance { get; } =
        new("Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown");

    /// <summary>Taken by EC2, terminated.</summary>
    public static StateReason SpotTermination { get; } =
        new("Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination");

    /// <summary>Taken by EC2, stopped or hibernated.</summary>
    public static StateReason SpotShutdown { get; } =
        new("Server.SpotInstanceShutdown", "Server.SpotInstanceShutdown: Spot instance shutdown");

    /// <summary>The instance could not be powered on.</summary>
    public static StateReason LaunchFailed(Exception cause) =>
        new("Server.InternalError", $"Server.InternalError: Internal error on launch: {cause.Message}");
}
