using System.Globalization;
using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Reports;

/// <summary>Makes the report of a run from what was read of it. Pure.</summary>
internal static class RunReportBuilder
{
    /// <summary>More curves in a picture cannot be told apart.</summary>
    private const int MostCurves = 6;

    private const int MostCheckpoints = 200;

    private static readonly HashSet<string> SaveNames = new(StringComparer.Ordinal) { "detect", "signal", "save", "check", "upload", "commit" };

    /// <summary>The report.</summary>
    public static RunReport Build(ReportMaterial material)
    {
        var (training, record) = (material.Training, material.Record);
        var events = material.Events.Select(ReportEvent.Of).OrderBy(e => e.Time).ToList();
        var attempts = Attempts(material, events);
        var (checkpoints, omitted) = Checkpoints(material, events);
        var notes = new List<string>(material.Notes);
        var steps = StepCurves.Build(attempts, events, material.Figures.Steps);
        var (shown, hidden) = EventChoice.Of(events);
        return new RunReport
        {
            RunId = training.RunId,
            ProjectName = NullIfEmpty(training.ProjectName) ?? NullIfEmpty(record?.ProjectName),
            Script = NullIfEmpty(training.Script),
            State = training.State,
            Region = NullIfEmpty(training.Region),
            AsOf = material.AsOf,
            Duration = material.Account?.Duration ?? training.Duration ?? (attempts is [{ } only] ? only.Duration : null),
            StepsLost = material.Account is { } account ? account.StepsLost : training.TotalStepsLost,
            LastStep = training.LastStep ?? attempts.LastOrDefault(a => a.LastStep is not null)?.LastStep,
            InterruptionCount = material.Account?.Interruptions ?? training.Interruptions,
            Cost = material.Account?.Cost,
            OnDemand = material.Account is { Cost: { } paid, Savings: { } savings } ? paid + savings : null,
            Attempts = attempts,
            Interruptions = Interruptions(attempts, events),
            Steps = steps,
            Losses = Curves(material.Figures.Losses, "loss-like", notes),
            Scores = Curves(material.Figures.Scores, "accuracy-like", notes),
            Checkpoints = checkpoints,
            CheckpointsOmitted = omitted,
            Events = shown,
            EventsOmitted = hidden,
            Notes = Notes(material, notes, attempts),
        };
    }

    private static List<ReportAttempt> Attempts(ReportMaterial material, IReadOnlyList<ReportEvent> events)
    {
        if (material.Record is not { Attempts: [_, ..] } record)
        {
            return [FromTraining(material, events)];
        }

        var attempts = new List<ReportAttempt>();
        foreach (var one in record.Attempts.GroupBy(a => a.Number).Select(g => g.Last()).OrderBy(a => a.Number))
        {
            var isNewest = one.Number == record.Attempts.Max(a => a.Number);
            // A claim that was never taken and that another one followed was no attempt.
            if (one is { State: RunStates.Claimed, Started: null } && !isNewest)
            {
                continue;
            }

            var before = attempts.LastOrDefault();
            var cost = material.Account?.Attempts.FirstOrDefault(a => a.Number == one.Number);
            // The guard knows more of the newest attempt than its record does; only where it is gone does the record stand alone.
            var state = isNewest && material.Training.Attempt == one.Number ? material.Training.State : one.State == RunStates.Running ? RunStates.Lost : one.State;
            var lastStep = (isNewest && material.Training.Attempt == one.Number ? material.Training.LastStep : null) ?? one.LastStep;
            attempts.Add(new ReportAttempt
            {
                Number = one.Number,
                State = state,
                InstanceId = NullIfEmpty(one.InstanceId),
                InstanceType = NullIfEmpty(one.InstanceType),
                AvailabilityZone = NullIfEmpty(one.AvailabilityZone),
                IsSpot = one.IsSpot,
                Claimed = one.Claimed,
                Started = one.Started,
                Ended = one.Ended,
                ShownEnd = one.Started is null ? null : one.Ended ?? (RunStates.IsEnded(state) ? LastSign(one.Number, one.Started.Value, events) : material.AsOf),
                ExitCode = one.ExitCode,
                FirstStep = one.FirstStep,
                LastStep = lastStep,
                StepsLost = before is null ? null : RunProjection.StepsLost(before.LastStep, one.FirstStep),
                Cost = cost?.Cost,
                OnDemand = cost?.OnDemand,
                StartPhases = StartPhases(one),
            });
        }

        return attempts;
    }

    /// <summary>A run without a record: what its guard says of its attempt.</summary>
    private static ReportAttempt FromTraining(ReportMaterial material, IReadOnlyList<ReportEvent> events)
    {
        var training = material.Training;
        return new ReportAttempt
        {
            Number = training.Attempt,
            State = training.State,
            InstanceId = NullIfEmpty(training.InstanceId),
            Started = training.Started,
            Ended = training.Ended,
            ShownEnd = training.Started is not { } started ? null : training.Ended ?? (RunStates.IsEnded(training.State) ? LastSign(training.Attempt, started, events) : material.AsOf),
            ExitCode = training.ExitCode,
            FirstStep = training.FirstStep,
            LastStep = training.LastStep,
            StepsLost = training.StepsLost,
            StartPhases = [.. training.Phases.Where(p => !SaveNames.Contains(p.Name)).Select(p => new ReportPhase(p.Name, p.Seconds))],
        };
    }

    /// <summary>The last sign of an attempt whose end is in no record.</summary>
    private static DateTimeOffset LastSign(int attempt, DateTimeOffset started, IReadOnlyList<ReportEvent> events) =>
        events.Where(e => e.Attempt == attempt && e.Time >= started).Select(e => e.Time).DefaultIfEmpty(started).Max();

    /// <summary>What lay between claim and start. What was not measured of it is the launch and the boot of the machine.</summary>
    private static ReportPhase[] StartPhases(AttemptRecord attempt)
    {
        var measured = (attempt.Phases ?? []).Where(p => p.Name is not null && !SaveNames.Contains(p.Name) && p.Seconds is >= 0 and < 1e9).Select(p => new ReportPhase(p.Name, p.Seconds)).ToList();
        var rest = attempt is { Claimed: { } claimed, Started: { } started } ? (started - claimed).TotalSeconds - measured.Sum(p => p.Seconds) : 0;
        return rest > 0.05 ? [new ReportPhase("launch and boot", rest), .. measured] : [.. measured];
    }

    private static List<ReportInterruption> Interruptions(List<ReportAttempt> attempts, IReadOnlyList<ReportEvent> events)
    {
        var all = new List<ReportInterruption>();
        foreach (var (attempt, index) in attempts.Select((a, i) => (a, i)))
        {
            var next = index + 1 < attempts.Count ? attempts[index + 1] : null;
            var own = events.Where(e => e.Attempt == attempt.Number).ToList();
            var seen = own.Where(e => e.Kind == EventKinds.InterruptionDetected).ToList();
            // Without events the record alone says that the attempt was taken away.
            var count = seen.Count > 0 ? seen.Count : RunStates.IsCutOff(attempt.State) || (next?.Started is not null && attempt.State != RunStates.Stopped) ? 1 : 0;
            for (var i = 0; i < count; i++)
            {
                var detected = seen.ElementAtOrDefault(i);
                var until = i + 1 < seen.Count ? seen[i + 1].Time : DateTimeOffset.MaxValue;
                var later = own.Where(e => (detected is null || e.Time >= detected.Time) && e.Time < until).ToList();
                var handled = later.Find(e => e.Kind == EventKinds.InterruptionHandled);
                var isLast = i == count - 1;
                all.Add(Interruption(attempt, detected, handled, later.Exists(e => e.Kind is EventKinds.InterruptionWithdrawn or EventKinds.InterruptionStale), isLast ? next : null));
            }
        }

        return all;
    }

    private static ReportInterruption Interruption(ReportAttempt attempt, ReportEvent? detected, ReportEvent? handled, bool wasWithdrawn, ReportAttempt? next)
    {
        var ended = attempt.Ended ?? handled?.Time ?? attempt.ShownEnd;
        TimeSpan? gap = next?.Started is { } started && ended is { } end && started >= end ? started - end : null;
        IReadOnlyList<ReportPhase> back = next?.StartPhases ?? [];
        var waiting = (gap?.TotalSeconds ?? 0) - back.Sum(p => p.Seconds);
        return new ReportInterruption
        {
            Attempt = attempt.Number,
            Detected = detected?.Time,
            Deadline = detected?.Deadline,
            Handled = handled?.Time,
            Source = detected?.Source,
            Outcome = handled?.Outcome,
            SecondsToDeadline = handled?.SecondsToDeadline,
            SavePhases = handled?.Phases ?? [],
            WasWithdrawn = wasWithdrawn,
            NextAttempt = next?.Number,
            ReturnPhases = gap is null ? [] : waiting > 0.05 ? [new ReportPhase("waiting", waiting), .. back] : back,
            Gap = gap,
            StepsLost = next?.StepsLost,
        };
    }

    private static (IReadOnlyList<ReportCheckpoint>? Shown, int Omitted) Checkpoints(ReportMaterial material, IReadOnlyList<ReportEvent> events)
    {
        if (material.Checkpoints is null && !events.Any(e => e.Kind is EventKinds.CheckpointSaved or EventKinds.CheckpointUploaded))
        {
            return (null, 0);
        }

        var all = (material.Checkpoints ?? []).Select(c => new ReportCheckpoint
        {
            Name = c.Name, Place = CheckpointPlace.InS3, Attempt = c.Attempt, InstanceId = NullIfEmpty(c.InstanceId), Step = c.Step, StepIsExact = c.StepIsExact, SavedAt = c.SavedAt, Size = c.Size, Reason = NullIfEmpty(c.Reason), Uri = c.S3Uri,
        }).ToList();
        var here = new HashSet<string>((material.Checkpoints ?? []).Select(c => c.Manifest), StringComparer.Ordinal);
        // A later manifest of the same save takes the place of the one that an upload tells of.
        var heads = new HashSet<string>((material.Checkpoints ?? []).Select(c => c.S3Uri), StringComparer.Ordinal);
        var same = all.Select(c => (c.Attempt, c.Name, Moment(c.SavedAt))).ToHashSet();
        var uploads = events.Where(e => e.Kind == EventKinds.CheckpointUploaded).ToList();
        var saves = events.Where(e => e is { Kind: EventKinds.CheckpointSaved, Checkpoint: not null }).ToLookup(e => (e.Attempt, e.Checkpoint));
        var uploaded = new HashSet<(int?, string?)>();
        foreach (var upload in uploads)
        {
            var name = upload.Checkpoint ?? NameOf(upload.Uri);
            var save = saves[(upload.Attempt, name)].LastOrDefault(s => s.Time <= upload.Time) ?? saves[(upload.Attempt, name)].FirstOrDefault();
            uploaded.Add((upload.Attempt, name));
            if (upload.Manifest is { } manifest && !here.Contains(manifest) && !(upload.Uri is { } head && heads.Contains(head)) && name is not null && same.Add((upload.Attempt, name, Moment(save?.SavedAt ?? save?.Time))))
            {
                all.Add(Of(save ?? upload, name, material.Checkpoints is null ? CheckpointPlace.Uploaded : CheckpointPlace.Deleted) with { Uri = upload.Uri, Size = upload.Size ?? save?.Size });
            }
        }

        var known = all.Select(c => (c.Attempt, (string?)c.Name)).ToHashSet();
        foreach (var (key, group) in saves.Select(g => (g.Key, g)).Where(g => !uploaded.Contains((g.Key.Attempt, g.Key.Checkpoint))))
        {
            if (!known.Contains((key.Attempt, key.Checkpoint)))
            {
                all.Add(Of(group.Last(), key.Checkpoint!, CheckpointPlace.OnDisk));
            }
        }

        // What can still be had comes before what is gone, where not all fit.
        var shown = all.OrderBy(c => c.Place == CheckpointPlace.Deleted).ThenByDescending(c => c.SavedAt).Take(MostCheckpoints).OrderByDescending(c => c.SavedAt).ToList();
        return (shown, all.Count - shown.Count);

        static long Moment(DateTimeOffset? time) => time?.ToUnixTimeSeconds() ?? 0;
        static ReportCheckpoint Of(ReportEvent item, string name, CheckpointPlace place) => new()
        {
            Name = name, Place = place, Attempt = item.Attempt, InstanceId = item.InstanceId, Step = item.Step, SavedAt = item.SavedAt ?? item.Time, Size = item.Size,
        };
    }

    private static string? NameOf(string? uri) => uri?[(uri.LastIndexOf('/') + 1)..] is { Length: > 0 } name ? name : null;

    private static List<Curve> Curves(IReadOnlyDictionary<string, CurveCollector> all, string kind, List<string> notes)
    {
        // A single value is no curve; a word and a number in a message are often no more than that.
        var found = all.Where(c => c.Value.Points.Count > 1).OrderByDescending(c => c.Value.Count).ThenBy(c => c.Key, StringComparer.Ordinal).ToList();
        if (found.Count > MostCurves)
        {
            notes.Add($"The log has {found.Count} {kind} figures; the pictures show the {MostCurves} most frequent ones. Left out: {string.Join(", ", found.Skip(MostCurves).Take(20).Select(c => c.Key))}.");
        }

        return [.. found.Take(MostCurves).Select(c => c.Value.ToCurve(c.Key))];
    }

    private static List<string> Notes(ReportMaterial material, List<string> notes, List<ReportAttempt> attempts)
    {
        var log = material.Figures;
        if (log.Losses.Count + log.Scores.Count + log.Steps.Count > 0)
        {
            notes.Add("Lines of a log carry no times. The report estimates them from when parts of the log reached S3, which is every 2 s to 5 min.");
        }

        if (log.ReadBytes < log.TotalBytes)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The logs have {ReportText.Size(log.TotalBytes)}. The report read {ReportText.Size(log.ReadBytes)} of them, spread evenly: figures between these parts are not in the pictures."));
        }

        if (attempts.Any(a => a is { Ended: null, Started: not null } && RunStates.IsEnded(a.State)))
        {
            notes.Add("The end of an attempt that was lost is unknown. The pictures show it until its last event; its cost is unknown.");
        }

        return notes;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
