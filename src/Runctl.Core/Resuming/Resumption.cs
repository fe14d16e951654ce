using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>
/// One resume from the claim to the training: claim, have an instance, wait until the run has passed on, choose the checkpoint, have the guard take it.
/// Whatever goes wrong, the claim is given up and what was launched is terminated.
/// </summary>
/// <param name="cloud">The connection.</param>
/// <param name="time">The clock.</param>
/// <param name="plan">What was planned.</param>
/// <param name="listener">Told of the steps.</param>
internal sealed class Resumption(ICloud cloud, TimeProvider time, ResumePlan plan, IResumeListener listener)
{
    /// <summary>What a guard says of a checkpoint that is not what its manifest says.</summary>
    private static readonly HashSet<string> Damages = new(StringComparer.Ordinal) { "ChecksumMismatch", "ObjectNotFound", "BadManifest", "CheckpointNotFound", "UnsafePath", "KeyRefused" };

    private readonly RunClaim _claim = new(plan.Store, plan.Spec.RunId, ClaimedBy, time);
    private readonly RunPasses _passes = new(cloud, plan.Store, plan.Spec.RunId, time);
    private RunctlInstance? _instance;

    /// <summary>Who claims: this machine and process.</summary>
    private static string ClaimedBy => $"{Environment.UserName}@{Environment.MachineName} (process {Environment.ProcessId})";

    /// <summary>Where the next attempt trains.</summary>
    public required IAttemptHost Host { get; init; }

    /// <summary>Whether a run of which nothing was ever saved begins anew.</summary>
    public bool MayBeginAnew { get; init; }

    /// <summary>Resumes.</summary>
    public async Task<RunctlTraining> RunAsync(IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        void Report(string status) => progress.Report(new ProgressUpdate($"Resuming {plan.Spec.RunId}", status));
        await Host.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Report("Claiming the run");
            await _claim.TakeAsync(plan.Seen, plan.Request.Force || plan.SeenIsLost, plan.SeenState, cancellationToken).ConfigureAwait(false);
            listener.OnClaimed(_claim.Number);
            _instance = await Host.GetAsync(cancellationToken).ConfigureAwait(false);
            await _claim.NoteAsync(_instance.InstanceId, _instance.InstanceType, _instance.AvailabilityZone, _instance.IsSpot, cancellationToken).ConfigureAwait(false);
            Host.Tell(_instance, _claim.Number);
            await TogetherAsync([token => PassAsync(Report, token), token => ReadyAsync(progress, token)], cancellationToken).ConfigureAwait(false);
            var state = await StartAsync(_instance, Report, cancellationToken).ConfigureAwait(false);
            return new RunProjection(cloud, plan.Spec.Store).Of(state, _instance.InstanceId, plan.Spec.Script, plan.Spec.ProjectName);
        }
        catch (Exception e)
        {
            if (await UndoAsync().ConfigureAwait(false) is { } left)
            {
                if (e is RunctlException failure && _instance is not null && plan.Launch is not null)
                {
                    throw RunctlErrors.ReplacementLeft(failure, _instance.InstanceId, left);
                }

                listener.OnWarning(left);
            }

            throw;
        }
    }

    /// <summary>Does all at once; the first that fails ends the others.</summary>
    private static async Task TogetherAsync(IEnumerable<Func<CancellationToken, Task>> acts, CancellationToken cancellationToken)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        async Task RunAsync(Func<CancellationToken, Task> act)
        {
            try
            {
                await act(together.Token).ConfigureAwait(false);
            }
            catch
            {
                await together.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        await Task.WhenAll(acts.Select(RunAsync).ToList()).ConfigureAwait(false);
    }

    private async Task ReadyAsync(IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var ready = await new SpotLauncher(cloud, time).WaitUntilReadyAsync(_instance!.InstanceId, plan.Request.ReadyTimeout, progress, cancellationToken).ConfigureAwait(false);
        await Host.PrepareAsync(ready, cancellationToken).ConfigureAwait(false);
    }

    private async Task PassAsync(Action<string> report, CancellationToken cancellationToken)
    {
        void Waiting(PassState state)
        {
            report(state.Unsaved is { } unsaved
                ? $"Waiting for {unsaved}, which only the disk of {state.Decisive?.InstanceId} has so far"
                : $"Waiting for attempt {state.Decisive?.Number} on {state.Decisive?.InstanceId} to end");
            if (state.Unsaved is not null && plan.Request.Interrupted is not null)
            {
                listener.OnWarning($"{state.UnsavedWarning} The resume waits for that.");
            }
        }

        var passed = await _passes.WaitAsync(_claim.Nonce, Waiting, cancellationToken, leavesUnsaved: plan.Request is { Force: true, Interrupted: null }).ConfigureAwait(false);
        if (passed.Lost.Count > 0)
        {
            await _claim.MarkLostAsync(passed.Lost, cancellationToken).ConfigureAwait(false);
        }

        if (passed.Left is { } left && plan.WaitsFor is null && plan.LivesOn != left.InstanceId)
        {
            listener.OnWarning(left.ToString());
        }
    }

    /// <summary>From the newest good checkpoint; one that proves bad when it is restored gives way to the one before, in an attempt of its own.</summary>
    private async Task<RunState> StartAsync(RunctlInstance instance, Action<string> report, CancellationToken cancellationToken)
    {
        var rejected = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var chosen = await ChooseAsync(rejected, report, cancellationToken).ConfigureAwait(false);
            var source = chosen is null ? null : new ResumeSource { Manifest = chosen.Value.Uri.ToString() };
            var spec = plan.Spec.On(instance.InstanceId) with { Attempt = new AttemptSpec(_claim.Number, _claim.Nonce, 0, 1, source) };
            await plan.Store.WriteSpecAsync(spec, cancellationToken).ConfigureAwait(false);
            try
            {
                return await new AttemptStart(cloud, time, plan.Store).RunAsync(spec, instance.InstanceId, report, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (source is not null && Damages.Contains(e.Id))
            {
                rejected.Add(source.Manifest!);
                listener.OnWarning($"Checkpoint {chosen!.Value.Manifest.Name} could not be restored, and the one before it is taken: {e.Message}");
                await _claim.TakeAsync(_claim.Number, force: false, cancellationToken).ConfigureAwait(false);
                listener.OnClaimed(_claim.Number);
                await _claim.NoteAsync(instance.InstanceId, instance.InstanceType, instance.AvailabilityZone, instance.IsSpot, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<(S3Uri Uri, ManifestRecord Manifest)?> ChooseAsync(HashSet<string> rejected, Action<string> report, CancellationToken cancellationToken)
    {
        report("Choosing the checkpoint");
        var record = await plan.Store.ReadRecordAsync(plan.Spec.RunId, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.RunNotFound(plan.Spec.RunId);
        var choice = new CheckpointChoice(cloud, plan.Spec, listener.OnWarning);
        var chosen = await choice.ChooseAsync(record, rejected, cancellationToken).ConfigureAwait(false);
        if (chosen is null && !plan.Request.FromScratch)
        {
            if (!MayBeginAnew || choice.Skipped > 0)
            {
                throw RunctlErrors.NoGoodCheckpoint(plan.Spec.RunId, choice.Skipped);
            }

            listener.OnWarning($"Run {plan.Spec.RunId} had saved nothing before it was interrupted; it starts from the beginning.");
        }

        return chosen;
    }

    /// <summary>Gives up the instance and the claim, each whether or not the other works.</summary>
    /// <returns>What could not be undone, or null.</returns>
    private async Task<string?> UndoAsync()
    {
        var problems = await Task.WhenAll(
            Cleanup.InsistAsync(token => _instance is { } instance ? Host.GiveUpAsync(instance, token) : Task.CompletedTask, Cleanup.Limit, time),
            Cleanup.InsistAsync(_claim.WithdrawAsync, Cleanup.Limit, time)).ConfigureAwait(false);
        return problems is [null, null] ? null
            : $"The resume of {plan.Spec.RunId} could not be undone{(problems[0] is not null ? $", instance {_instance!.InstanceId} may still be running and cost money" : "")}: {(problems[0] ?? problems[1])!.Message}";
    }
}
