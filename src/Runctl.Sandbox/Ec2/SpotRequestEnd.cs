namespace Runctl.Sandbox.Ec2;

/// <summary>What becomes of a spot request when its instance ends.</summary>
internal static class SpotRequestEnd
{
    /// <summary>Moves the request on.</summary>
    public static void Apply(SpotRequest request, InstanceState state, StateReason reason, DateTimeOffset time)
    {
        var taken = reason == StateReason.SpotTermination || reason == StateReason.SpotShutdown;
        if (state == InstanceState.Stopped)
        {
            // A request whose instance was stopped waits for its owner, one whose instance was taken for capacity.
            request.Move(taken ? "open" : "disabled", taken ? "instance-stopped-no-capacity" : "instance-stopped-by-user",
                taken ? "Your Spot Instance was stopped because there is no Spot capacity available."
                    : "You stopped your Spot Instance.", time);
            return;
        }

        request.Move(request.Order.Persistent ? "open" : "closed",
            taken ? "instance-terminated-no-capacity" : "instance-terminated-by-user",
            taken ? "Your Spot Instance was terminated because there is no Spot capacity available."
                : "Spot Instance terminated due to user-initiated termination.", time);
    }
}
