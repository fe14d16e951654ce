using System.Globalization;
using System.Text.Json;
using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Reports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Reports;

/// <summary>Runs of many shapes, as a report reads them.</summary>
internal sealed class SampleRun
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 28, 9, 14, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, decimal> OnDemand = new() { ["g5.xlarge"] = 1.006m, ["g4dn.xlarge"] = 0.526m };

    private readonly List<AttemptRecord> _attempts = [];
    private readonly List<RunctlEvent> _events = [];
    private readonly List<RunctlCheckpoint> _checkpoints = [];
    private readonly FigureLog _figures = new();
    private readonly string _name;
    private readonly string _script;

    private SampleRun(string name, string script) => (_name, _script) = (name, script);

    /// <summary>A run of two days that was interrupted twice and finished.</summary>
    public static ReportMaterial Interrupted() => new SampleRun("llama-finetune-20260128-9f3c1a", "finetune.py")
        .Attempt("g5.xlarge", "us-east-1a", hours: 14.2, steps: 4100, lost: 0, gapMinutes: 0, end: RunStates.Interrupted)
        .Attempt("g5.xlarge", "us-east-1c", hours: 9.6, steps: 2790, lost: 0, gapMinutes: 4.2, end: RunStates.Interrupted)
        .Attempt("g4dn.xlarge", "us-east-1b", hours: 19.3, steps: 3110, lost: 24, gapMinutes: 61, end: RunStates.Finished)
        .Material();

    /// <summary>A run of 30 days on a busy market, with a save every five minutes.</summary>
    public static ReportMaterial Long(int attempts = 60, int eventsPerAttempt = 800, int figuresPerAttempt = 6000)
    {
        var run = new SampleRun("pretrain-20260128-77aa01", "pretrain.py");
        for (var i = 0; i < attempts; i++)
        {
            run.Attempt(i % 3 == 0 ? "g4dn.xlarge" : "g5.xlarge", "us-east-1" + (char)('a' + (i % 4)), 30 * 24.0 / attempts * (0.6 + (0.3 * (i % 3))), 5000, i % 4 == 0 ? 40 : 0, 6 + (i * 7 % 90), i == attempts - 1 ? RunStates.Finished : RunStates.Interrupted, eventsPerAttempt / 2, figuresPerAttempt);
        }

        return run.Material();
    }

    /// <summary>One attempt that failed after two seconds.</summary>
    public static ReportMaterial Short() => new SampleRun("oops-20260128-000001", "train.py").Attempt("g5.xlarge", "us-east-1a", 2 / 3600.0, 0, 0, 0, RunStates.Failed, saves: 0, figures: 0).Material();

    /// <summary>A run that goes on.</summary>
    public static ReportMaterial Running() => new SampleRun("digits-20260128-1f2e3d", "train.py")
        .Attempt("g5.xlarge", "us-east-1a", 1.5, 900, 0, 0, RunStates.Interrupted)
        .Attempt("g5.xlarge", "us-east-1b", 0.7, 410, 3, 5, RunStates.Running)
        .Material();

    /// <summary>A run without a bucket whose guard tells little.</summary>
    public static ReportMaterial WithoutBucket() => new()
    {
        Training = new RunctlTraining { RunId = "digits-20260128-00beef", InstanceId = "i-0123456789abcdef0", ProjectName = "digits", Script = "train.py", State = RunStates.Running, Region = "us-east-1", Started = Begin.UtcDateTime },
        AsOf = Begin.AddMinutes(12),
        Notes = ["The run has no bucket: what its instance does not tell any more is unknown."],
    };

    /// <summary>A run of which version 0.1 wrote the record: no places, no steps, no phases.</summary>
    public static ReportMaterial OfVersion01()
    {
        var run = new SampleRun("old-20250101-abcdef", "");
        run._attempts.Add(new AttemptRecord { Number = 1, State = RunStates.Interrupted, InstanceId = "i-0123456789abcdef0", Started = Begin, Ended = Begin.AddHours(1) });
        run._attempts.Add(new AttemptRecord { Number = 2, State = RunStates.Running, InstanceId = "i-0123456789abcdef1", Started = Begin.AddHours(1.2) });
        return run.Material() with { Training = run.Training(RunStates.Lost) };
    }

    /// <summary>A run whose names, events and log were written to break a page.</summary>
    public static ReportMaterial Hostile(string text)
    {
        var run = new SampleRun(text, text).Attempt("g5.xlarge", text, 1, 100, 0, 0, RunStates.Interrupted, saves: 2, figures: 50).Attempt(text, "us-east-1a", 1, 100, 0, 5, RunStates.Finished, saves: 2, figures: 50);
        run._events.Add(Event(1, Begin.AddMinutes(1), text, text, new { uri = text, manifest = text, name = text, last_step = text, phases = new object[] { text, new { name = text, seconds = 1 }, new { name = text, seconds = text } } }));
        run._events.Add(Event(2, Begin.AddMinutes(2), EventKinds.CheckpointSaved, text, new { name = text, size = -1 }));
        run._events.Add(Event(1, Begin.AddMinutes(3), EventKinds.InterruptionHandled, text, new { outcome = text, phases = new object[] { new { name = text, seconds = 3 } } }));
        run._checkpoints.Add(run.Checkpoint(text, 1, Begin.AddMinutes(5), 7, text));
        run._figures.Add($"{text} loss=0.5 {text}", Begin, 1);
        return run.Material() with { Notes = [text] };
    }

    private SampleRun Attempt(string type, string zone, double hours, long steps, int lost, double gapMinutes, string end, int saves = 40, int figures = 600)
    {
        var number = _attempts.Count + 1;
        var before = _attempts.LastOrDefault();
        var claimed = (before?.Ended ?? Begin).AddSeconds(5 + (gapMinutes * 20));
        var started = (before?.Ended ?? Begin).AddMinutes(gapMinutes);
        started = started < claimed.AddSeconds(50) ? claimed.AddSeconds(50) : started;
        var ended = started.AddHours(hours);
        long? first = steps == 0 ? null : (before?.LastStep ?? 0) + 1 - lost, last = steps == 0 ? null : first + steps - 1;
        var instance = string.Create(CultureInfo.InvariantCulture, $"i-0{number * 7919:x16}");
        for (var i = 1; i <= saves; i++)
        {
            var at = started + ((ended - started) * (i / (saves + 1.0)));
            var step = first + (steps * i / (saves + 1));
            _events.Add(Event(number, at, EventKinds.CheckpointSaved, $"Checkpoint saved: /home/ubuntu/checkpoints/step_{step}.pt", new { name = $"step_{step}.pt", step, size = 1_480_000_000, saved_at = Text(at) }));
            _events.Add(Event(number, at.AddSeconds(9), EventKinds.CheckpointUploaded, $"Checkpoint uploaded to S3: {Uri(instance, step)}", new { uri = Uri(instance, step), manifest = Uri(instance, step) + ".manifest.json", size = 1_480_000_000 }));
        }

        _events.Add(Event(number, started, EventKinds.TrainingStarted, $"Training started on instance {instance}: {_script} (process 1234)", new { pid = 1234, first_step = first }));
        if (end == RunStates.Interrupted)
        {
            var notice = ended.AddSeconds(-31);
            _events.Add(Event(number, notice, EventKinds.InterruptionDetected, $"Spot interruption detected for instance {instance}!", new { action = "terminate", deadline = Text(notice.AddSeconds(120)), source = "imds" }));
            _events.Add(Event(number, notice.AddSeconds(1), EventKinds.TrainingSignalled, $"Training detected on instance {instance}, attempting graceful shutdown...", new { last_step = last }));
            _events.Add(Event(number, ended, EventKinds.InterruptionHandled, "Interruption handled in 31 s: uploaded", new
            {
                outcome = "uploaded", last_step = last, seconds_to_deadline = 88.5, checkpoint = new { name = $"step_{last}.pt", step = last },
                phases = new object[] { Phase("detect", 0.6), Phase("signal", 0.7), Phase("save", 11.5 + number % 5), Phase("check", 1.4), Phase("upload", 16.1), Phase("commit", 0.3) },
            }));
            _checkpoints.Add(Checkpoint($"step_{last}.pt", number, ended.AddSeconds(-16), last ?? 0, "interruption"));
        }
        else if (RunStates.IsEnded(end))
        {
            _events.Add(Event(number, ended, end == RunStates.Finished ? EventKinds.TrainingFinished : EventKinds.TrainingFailed, end == RunStates.Finished ? "Training finished" : "Training failed with exit code 1", new { exit_code = end == RunStates.Finished ? 0 : 1, last_step = last }));
            if (steps > 0)
            {
                _checkpoints.Add(Checkpoint($"step_{last}.pt", number, ended, last ?? 0, "periodic"));
            }
        }

        for (var i = 1; i <= figures; i++)
        {
            var step = first + (steps * i / figures);
            var loss = 0.45 + (2.2 * Math.Exp(-(step ?? 0) / 2600.0)) + (0.09 * Math.Sin(i * 12.9898) * Math.Cos(i * 4.1414));
            var line = string.Create(CultureInfo.InvariantCulture, $"step {step} loss={loss:0.0000}{(i % 12 == 0 ? string.Create(CultureInfo.InvariantCulture, $" val_loss={loss + 0.11 + (0.03 * Math.Sin(i)):0.0000} accuracy={Math.Min(0.97, 1 - (loss / 3)):0.000}") : "")}");
            _figures.Add(line, started + ((ended - started) * (i / (double)figures)), number);
        }

        _attempts.Add(new AttemptRecord
        {
            Number = number, State = end, InstanceId = instance, InstanceType = type, AvailabilityZone = zone, IsSpot = true, Claimed = claimed, Started = started, Ended = RunStates.IsEnded(end) ? ended : null,
            ExitCode = end == RunStates.Finished ? 0 : end == RunStates.Failed ? 1 : null, FirstStep = first, LastStep = last,
            Phases = [new Phase("code", 0.8), new Phase("restore", number == 1 ? 0.1 : 12.4), new Phase("setup", 21.7)],
        });
        return this;
    }

    private ReportMaterial Material()
    {
        var record = new RunRecord { RunId = _name, ProjectName = "demo", Created = Begin, Attempts = _attempts };
        var newest = _attempts[^1];
        var end = newest.Ended ?? newest.Started!.Value.AddHours(0.7);
        var prices = new PriceHistory(from type in OnDemand.Keys from zone in "abcd" select new SpotPriceChange(type, "us-east-1" + zone, OnDemand[type] * 0.38m, Begin.AddDays(-1)));
        return new ReportMaterial
        {
            Training = Training(newest.State), Record = record, Account = RunAccount.Of(record, prices, OnDemand, end), Events = [.. _events.OrderBy(e => e.Time)], Checkpoints = [.. _checkpoints.TakeLast(5)], Figures = _figures, AsOf = end.AddMinutes(RunStates.IsEnded(newest.State) ? 3 : 0),
        };
    }

    private RunctlTraining Training(string state) => new()
    {
        RunId = _name, InstanceId = _attempts[^1].InstanceId!, ProjectName = "demo", Script = _script, State = state, Region = "us-east-1", Attempt = _attempts[^1].Number, Started = _attempts[^1].Started?.UtcDateTime, LastStep = _attempts[^1].LastStep,
    };

    private RunctlCheckpoint Checkpoint(string name, int attempt, DateTimeOffset at, long step, string reason) => new()
    {
        Name = name, RunId = _name, Attempt = attempt, InstanceId = "i-0123456789abcdef0", Step = step, Reason = reason, SavedAt = at.UtcDateTime, Size = 1_480_000_000, S3Bucket = "my-checkpoint-bucket", Region = "us-east-1",
        S3Uri = $"s3://my-checkpoint-bucket/checkpoints/spot-interruptions/i-0123456789abcdef0/checkpoints/{name}", Manifest = $"s3://my-checkpoint-bucket/{name}.{attempt}.manifest.json",
    };

    private static object Phase(string name, double seconds) => new { name, seconds };

    private static string Uri(string instance, long? step) => $"s3://my-checkpoint-bucket/checkpoints/spot-interruptions/{instance}/checkpoints/step_{step}.pt";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static RunctlEvent Event(int attempt, DateTimeOffset time, string kind, string message, object data) => RunctlJson.Read<RunctlEvent>(JsonSerializer.Serialize(new
    {
        schema = 1, seq = 1, time = Text(time), kind, instance_id = "i-0123456789abcdef0", run_id = "r", attempt, message, data,
    }));
}
