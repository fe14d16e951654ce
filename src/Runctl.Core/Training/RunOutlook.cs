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
    /// <summary>What continues a run that a monitor of this session resumes.</summary>
    public const string ByThisSession = "this session resumes it";

    /// <summary>The outlook of a run that has ended by itself.</summary>
    public static RunOutlook Over { get; } = new(false, "it has ended");

    /// <summary>The outlook at a time.</summary>
    public static RunOutlook Of(RunFacts facts, DateTimeOffset now)
    {
        if (facts.ResumesHere)
        {
            return new(true, ByThisSession);
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
        // A session sees an instance that came back as late as a fresh interruption.
        var back = facts.Instance is { State: Ec2States.Running, LaunchTime: { } launched } && launched > facts.Since ? launched : (DateTimeOffset?)null;
        var isFresh = now - (back ?? facts.Since) < RunFacts.ClaimPatience;
        if (facts is { State: RunStates.Lost, Instance.InterruptionBehavior: "hibernate" } && (isAway || (back is not null && isFresh)))
        {
            return new(true, $"the training continues on {facts.Instance!.InstanceId}, which hibernates, when EC2 wakes it");
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

        return isFresh
            ? new(true, "a session with automatic resume has not claimed it yet")
            : new(false, string.Create(CultureInfo.InvariantCulture, $"no session has claimed it within {RunFacts.ClaimPatience.TotalMinutes:0} minutes"));
    }

    /// <summary>Whether the owner of the instance stopped it, so that EC2 does not start it again.</summary>
    private static bool IsByOwner(RunctlInstance instance) => instance.StateReason?.StartsWith("Client.User", StringComparison.Ordinal) == true;
}
