using System.Globalization;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>Checks a resume: run, standing, code, checkpoint, replacement. Changes nothing.</summary>
internal sealed class ResumePlanner(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The plan for a request.</summary>
    public async Task<ResumePlan> PlanAsync(ResumeRequest request, CancellationToken cancellationToken)
    {
        var bucket = configuration.S3Bucket ?? throw RunctlErrors.BucketNotConfigured("Resuming a run elsewhere");
        var store = new RunStore(cloud.Objects, bucket, configuration.RunPrefix, time);
        var spec = await store.ReadSpecAsync(request.RunId, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.RunNotFound(request.RunId);
        spec = spec with { Store = spec.Store?.WithEncryptionOf(configuration) };
        if (spec.Region != cloud.Region)
        {
            throw RunctlErrors.RunInOtherRegion(request.RunId, spec.Region, cloud.Region);
        }

        if (spec.Target is not null)
        {
            throw RunctlErrors.RunAttached(request.RunId);
        }

        var account = cloud.FindAccountAsync(cancellationToken);
        var state = await new RunPasses(cloud, store, request.RunId, time).LookAsync(null, cancellationToken).ConfigureAwait(false);
        CheckStanding(state, request);
        if (spec.Account is { } owner && await account.ConfigureAwait(false) is { } caller && caller != owner)
        {
            throw RunctlErrors.RunInOtherAccount(request.RunId, owner, caller);
        }

        await CheckCodeAsync(spec, request, cancellationToken).ConfigureAwait(false);

        var doubts = new List<string>();
        var warnings = new List<string>();
        if (spec.IsOfVersion01)
        {
            doubts.Add(OfVersion01(spec, store));
        }

        var choice = new CheckpointChoice(cloud, spec, warnings.Add);
        var checkpoint = await choice.ChooseAsync(state.Record, new HashSet<string>(), cancellationToken).ConfigureAwait(false);
        if (checkpoint is null && !request.FromScratch && request.Interrupted is null && state.Standing != RunStanding.Ending)
        {
            throw RunctlErrors.NoGoodCheckpoint(request.RunId, choice.Skipped);
        }

        // What was claimed and never started has had nothing of the run.
        var last = state.Record.Attempts.Where(a => a.InstanceId is not null).OrderByDescending(a => a.Started is not null).ThenByDescending(a => a.Number).FirstOrDefault();
        var instance = last is null ? null : await FindInstanceAsync(store, request, last, cancellationToken).ConfigureAwait(false);
        if (instance is not null && !spec.Has(instance))
        {
            // A record is written by guards: it cannot make an instance the run's.
            doubts.Add($"The record of run {spec.RunId} names instance {instance.InstanceId}, which has neither the tag {RunctlTags.RunId} of the run nor a place in its orders. It is left alone.");
            (last, instance) = (last! with { InstanceId = null }, null);
        }

        var mayReturn = instance is { InterruptionBehavior: "stop" or "hibernate", State: not (Ec2States.ShuttingDown or Ec2States.Terminated) };
        var stopped = request.StoppedInstance ?? spec.Policy.StoppedOr(configuration.StoppedInstance);
        var livesOn = await FindLivingAsync(store, request, spec, last, instance, cancellationToken).ConfigureAwait(false);
        var waitsFor = mayReturn && livesOn is null && stopped == RunctlStoppedInstance.Wait ? instance!.InstanceId : null;
        if (mayReturn && livesOn != instance!.InstanceId && waitsFor is null && instance.InterruptionBehavior == "hibernate")
        {
            throw RunctlErrors.RunHibernates(request.RunId, instance.InstanceId);
        }

        var remains = waitsFor is not null || livesOn == instance?.InstanceId ? null : mayReturn ? Returning(instance!, state.Left)
            : instance is { State: Ec2States.Pending or Ec2States.Running } && await IsStayingAsync(store, request, last, cancellationToken).ConfigureAwait(false) ? Staying(instance.InstanceId, request.RunId) : null;
        if (request.Interrupted is null)
        {
            if (state.Left is { } left && waitsFor is null && left.InstanceId != livesOn && left.InstanceId == last?.InstanceId)
            {
                warnings.Add(left.ToString());
            }

            if (remains is not null)
            {
                warnings.Add(remains);
            }

            if (state.Unsaved is not null)
            {
                warnings.Add($"{state.UnsavedWarning} {(request.Force ? "It is given up." : "The resume waits for that; -Force continues from an older one.")}");
            }

            warnings.AddRange(await FindAbandonedAsync(state.Record, cancellationToken).ConfigureAwait(false));
        }

        // On an instance that is there nothing is launched, and later replacements are what they would have been.
        var launchRequest = livesOn is null ? Replacement.RequestOf(spec, request) : spec.IsOfVersion01 ? null : spec.Launch;
        if (instance is not null && waitsFor is null && livesOn is null)
        {
            Replacement.RequireSame(launchRequest!, instance, request);
        }

        // Only which of the ordered pools is asked last depends on it.
        var lost = LostPool(last, instance);
        var launch = waitsFor is not null || livesOn is not null ? null : await new SpotLauncher(cloud, time).PlanAsync(launchRequest!, lost, cancellationToken).ConfigureAwait(false);
        spec = spec with
        {
            Launch = launchRequest,
            Arguments = request.ScriptArguments ?? spec.Arguments,
            Environment = Replacement.Merge(spec.Environment, request.Environment),
            Policy = spec.Policy.With(request.AutoResume, request.MaxResumes, request.StoppedInstance),
            Attempt = null,
        };
        var seen = state.Record.Newest()?.Number ?? 0;
        var from = checkpoint is { } found ? found.Manifest.ToReference(found.Uri) : null;
        return new ResumePlan(request, seen + 1, launch, from, Describe(spec, seen + 1, from, state.Standing, launch is not null ? Describe(launch, lost) : livesOn is not null ? $"{livesOn}, which runs" : $"{waitsFor} when EC2 starts it again"), [.. doubts, .. warnings])
        {
            Doubts = doubts,
            WaitsFor = waitsFor,
            LivesOn = livesOn,
            StoppedInstance = stopped,
            Spec = spec,
            Store = store,
            SeenIsLost = state.Lost.Contains(seen),
            Remains = remains,
            Record = state.Record,
            InterruptionBehavior = instance?.InterruptionBehavior,
            LastInstanceId = last?.InstanceId,
            LastAttempt = last?.Number,
        };
    }

    /// <summary>The pool that EC2 took an instance from, which is asked last. A pool that its user left is as good as any.</summary>
    internal static InstancePool? LostPool(AttemptRecord? last, RunctlInstance? instance) =>
        last is null or { State: RunStates.Stopped or RunStates.Failed } || instance?.StateReason?.StartsWith("Client.User", StringComparison.Ordinal) == true ? null
        : (instance?.InstanceType ?? last.InstanceType, instance?.AvailabilityZone ?? last.AvailabilityZone) is ({ } type, { } zone) ? new InstancePool(type, zone) : null;

    /// <summary>The instance that is there and that the run goes on on: the one that is named, or its own. Null if EC2 takes that, or a launch is asked for.</summary>
    private async Task<string?> FindLivingAsync(RunStore store, ResumeRequest request, RunSpec spec, AttemptRecord? last, RunctlInstance? own, CancellationToken cancellationToken)
    {
        var place = new ResumePlace(cloud, configuration, time);
        if (request.InstanceId is { } named)
        {
            return await place.NamedAsync(spec.RunId, named, cancellationToken).ConfigureAwait(false);
        }

        var isOwn = request.Interrupted is null && !request.NamesLaunch && own is { State: Ec2States.Running };
        return isOwn && await IsStayingAsync(store, request, last, cancellationToken).ConfigureAwait(false) ? await place.OwnAsync(spec.RunId, own!, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <summary>That an instance stays which its run does not need any more, for people.</summary>
    internal static string Staying(string instanceId, string runId) =>
        $"Instance {instanceId}, where run {runId} was before, still runs and costs money. Remove-RunctlInstance {instanceId} ends it, where nothing else is on it.";

    /// <summary>That the training itself could have chosen what is launched, for people.</summary>
    private static string OfVersion01(RunSpec spec, RunStore store) =>
        $"Run {spec.RunId} was written by Runctl 0.1: its specification is s3://{store.Bucket}/{store.Keys.SpecOfVersion01(spec.RunId)}, where the role of its instance may write, so the training could have changed what is run. Only parameters say what is launched. "
        + "Compare the setup command with what you started (-WhatIf shows it). From this resume on the run has orders that the role only reads.";

    private static string Returning(RunctlInstance instance, LeftBehind? left) =>
        $"Instance {instance.InstanceId} is {(instance.State == Ec2States.Stopped ? "stopped" : $"{instance.State}, and will be stopped")}, not gone: its disk costs money, and EC2 starts it again when there is capacity. "
        + $"Remove-RunctlInstance {instance.InstanceId} ends that{(left is { IsOnDisk: true } ? ", and loses what only its disk has" : "")}.";

    /// <summary>Whether an instance is there without a notice that will end it.</summary>
    private async Task<bool> IsStayingAsync(RunStore store, ResumeRequest request, AttemptRecord? last, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await LastNotice.FindAsync(store, request.RunId, last?.Number, request.Interrupted is null ? null : now, cancellationToken).ConfigureAwait(false) is not { } notice || notice.IsOver(now);
    }

    /// <summary>The instance of an attempt. What becomes of one that Runctl did not launch its notice said, or else its spot request does.</summary>
    private async Task<RunctlInstance?> FindInstanceAsync(RunStore store, ResumeRequest request, AttemptRecord attempt, CancellationToken cancellationToken)
    {
        var instance = await cloud.FindOneAsync(attempt.InstanceId!, cancellationToken).ConfigureAwait(false);
        if (instance is not { IsSpot: true, IsManaged: false })
        {
            return instance;
        }

        var events = await store.ReadEventsAsync(request.RunId, attempt.Number, 0, cancellationToken).ConfigureAwait(false);
        var notice = events.LastOrDefault(e => e.Kind == EventKinds.InterruptionDetected && e.TextOf("source") is "imds" or "monitor");
        return (notice?.TextOf("action") ?? request.Action) is { } action ? instance.With(copy => copy.ForeignBehavior = action) : await cloud.WithInterruptionAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Replacements whose resumers did not live to start them. Their tag tells of them, as a claim may not name its instance yet.</summary>
    private async Task<IEnumerable<string>> FindAbandonedAsync(RunRecord record, CancellationToken cancellationToken)
    {
        var tagged = await cloud.Instances.FindAsync(new InstanceQuery { Tags = new Dictionary<string, string?> { [RunctlTags.RunId] = record.RunId }, States = InstanceQuery.LiveStates }, cancellationToken).ConfigureAwait(false);
        var taken = record.Attempts.Where(a => a.Started is not null || a.Number == 1).Select(a => a.InstanceId).ToHashSet(StringComparer.Ordinal);
        return tagged.Where(i => !taken.Contains(i.InstanceId))
            .Select(i => $"Instance {i.InstanceId} was launched for run {record.RunId} by a resume that did not start it, and costs money. Remove-RunctlInstance {i.InstanceId} ends that.");
    }

    private static void CheckStanding(PassState state, ResumeRequest request)
    {
        var newest = state.Record.Newest();
        if (state.IsFinished || state.Record.Outcome == RunStates.Finished || newest is { State: RunStates.Finished })
        {
            throw RunctlErrors.RunFinished(request.RunId);
        }

        if (state is { Standing: RunStanding.Alive, Decisive: { } alive } && alive.Number != request.Interrupted)
        {
            throw RunctlErrors.RunStillAlive(request.RunId, alive.Number, alive.InstanceId);
        }

        if (state is { Standing: RunStanding.Claimed, Decisive: { } claim } && !request.Force)
        {
            throw RunctlErrors.ResumeTaken(request.RunId, claim.Number, claim.ClaimedBy, claim.Claimed, claim.InstanceId);
        }
    }

    private async Task CheckCodeAsync(RunSpec spec, ResumeRequest request, CancellationToken cancellationToken)
    {
        if (request.SyncFrom is { } project)
        {
            if (!File.Exists(Path.Combine(project, spec.Script)))
            {
                throw RunctlErrors.ScriptMissing(Path.Combine(project, spec.Script));
            }
        }
        else if (spec.Code is not { Bucket: { } bucket, Key: { } key })
        {
            throw RunctlErrors.CodeNotStored(spec.RunId, "it was started without -SyncCode, with what was on the instance");
        }
        else if (await cloud.Objects.FindAsync(bucket, key, cancellationToken).ConfigureAwait(false) is null)
        {
            throw RunctlErrors.CodeNotStored(spec.RunId, $"s3://{bucket}/{key} is not there any more");
        }
    }

    private static string Describe(RunSpec spec, int attempt, CheckpointReference? from, RunStanding standing, string place)
    {
        var begin = from is null ? "from the beginning" : $"from {from.Described}";
        var wait = standing == RunStanding.Ending ? " or a newer one, as it is still saving" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{spec.Script} of run {spec.RunId} (attempt {attempt}) {begin}{wait}, on {place}{Setup(spec)}");
    }

    /// <summary>The setup command as it is, without anything that a terminal would take for a command of its own.</summary>
    private static string Setup(RunSpec spec) => spec.SetupCommand is not { } command ? "; no setup command"
        : $"; setup command: {string.Concat(command.Select(c => c == '\n' ? "⏎" : char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()))}";

    private static string Describe(LaunchPlan launch, InstancePool? lost) =>
        launch.Description + (launch.Avoided.Count > 0 ? $"; {lost!.InstanceType} in {lost.AvailabilityZone}, where the run was, is asked last" : "");
}
