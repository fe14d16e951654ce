using System.Globalization;
using Runctl.Instances;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Whether something continues a run whose attempt was cut off.</summary>
/// <param name="Continues">Whether something continues it.</param>
/// <param name="Reason">What continues it, or why nothing does, for people.</param>
internal sealed record RunOutlook(bool Continues, string Reason)
{
    /// <summary>The outlook at a time.</summary>
    public static RunOutlook Of(RunFacts facts, DateTimeOffset now)
    {
        if (facts.ResumesHere)
        {
            return new(true, "this session resumes it");
        }

        if (facts.Claim is { } claim)
        {
            return new(true, string.Create(CultureInfo.InvariantCulture, $"attempt {claim.Number} is prepared by {claim.ClaimedBy ?? "another session"}"));
        }

        if (facts.State == RunStates.Interrupted && Ec2States.IsUp(facts.Instance?.State) && facts.RestartsUntil is { } until && now < until)
        {
            return new(true, $"{facts.Instance!.InstanceId} still runs, and its guard starts the training again if the notice is withdrawn");
        }

        var isAway = facts.Instance is { State: Ec2States.Stopping or Ec2States.Stopped or Ec2States.Pending, InterruptionBehavior: "stop" or "hibernate" } && !IsByOwner(facts.Instance);
        if (isAway && facts is { State: RunStates.Lost, Instance.InterruptionBehavior: "hibernate" })
        {
            return new(true, $"{facts.Instance!.InstanceId} hibernates, and the training continues there when EC2 wakes it");
        }

        if (facts.Policy is not { AutoResume: true } policy)
        {
            return new(false, "the run was started without automatic resume");
        }

        if (facts.Resumes >= policy.MaxResumes)
        {
            return new(false, string.Create(CultureInfo.InvariantCulture, $"it was resumed {facts.Resumes} times, which is all that max_resumes allows"));
        }

        if (isAway && policy.StoppedInstance == RunPolicy.WaitForStopped)
        {
            return new(true, $"a session waits until EC2 starts {facts.Instance!.InstanceId} again");
        }

        // An instance that came back is seen by its session as late as a fresh interruption.
        var since = facts.Instance is { State: Ec2States.Running, LaunchTime: { } back } && back > facts.Since ? back : facts.Since;
        return now - since < RunFacts.ClaimPatience
            ? new(true, "a session with automatic resume has not claimed it yet")
            : new(false, string.Create(CultureInfo.InvariantCulture, $"no session has claimed it within {RunFacts.ClaimPatience.TotalMinutes:0} minutes"));
    }

    /// <summary>Whether the owner of the instance stopped it, so that EC2 does not start it again.</summary>
    private static bool IsByOwner(RunctlInstance instance) => instance.StateReason?.StartsWith("Client.User", StringComparison.Ordinal) == true;
}
