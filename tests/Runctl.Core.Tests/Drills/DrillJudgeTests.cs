using Runctl.Checkpoints;
using Runctl.Drills;
using Runctl.Events;
using Runctl.Json;
using Runctl.Training;

namespace Runctl.Core.Tests.Drills;

public sealed class DrillJudgeTests
{
    private const string Manifest = "s3://b/p/epoch_9.pt.manifest.json";
    private static readonly DateTimeOffset Notice = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Deadline = Notice.AddSeconds(120);

    [Fact]
    public void A_save_after_the_signal_that_was_committed_in_time_passes_and_loses_no_step()
    {
        var report = Judge(Detected(), Signalled(8), Exited(9), Saved(true), Uploaded(30), Handled(9, 9));
        Assert.True(report.Passed);
        Assert.Equal((90.0, 0L, 9L, 9L), (report.SecondsToSpare!.Value, report.StepsLost!.Value, report.LastStep!.Value, report.CertainStep!.Value));
        Assert.Equal(Manifest, report.Manifest);
        Assert.Equal(["save", "upload"], report.Phases.Select(p => p.Name));
        Assert.Equal("epoch_9.pt was committed 90 s before the deadline, saved after the signal. No step is lost: the last one was 9.", report.Reason);
    }

    [Theory]
    [InlineData("epoch=8-val_loss=0.25-v1.ckpt", 1)]
    [InlineData("epoch=8-val_loss=0.25.ckpt", 8)]
    [InlineData("100%_done+final#1.pt", 1)]
    [InlineData("exp1/last.ckpt", 1)]
    [InlineData("step_1000.pt", 1000)]
    public void A_number_in_a_name_is_never_compared_with_the_steps_of_the_training(string name, int number)
    {
        var report = Judge(Detected(), Signalled(32), Exited(33), Saved(true, name), Uploaded(30), Handled(number, 33, name));
        Assert.True(report.Passed, report.Reason);
        Assert.Equal((0L, 33L), (report.StepsLost!.Value, report.CertainStep!.Value));

        var before = Judge(Detected(), Signalled(32), Exited(33), Saved(false, name), Uploaded(30), Handled(number, 33, name));
        Assert.False(before.Passed);
        Assert.Null(before.StepsLost);
        Assert.Null(before.CertainStep);
    }

    [Fact]
    public void The_step_that_the_guard_noted_at_the_save_is_certain_and_those_after_it_are_lost()
    {
        var report = Judge(Record(schema: 2, step: 9, afterSignal: false), Detected(), Signalled(11), Exited(12), Saved(false), Uploaded(30), Handled(9, 12));
        Assert.False(report.Passed);
        Assert.Equal((9L, 3L), (report.CertainStep!.Value, report.StepsLost!.Value));
        Assert.EndsWith("Step 9 is certain, the last one was 12.", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_step_in_a_manifest_of_version_0_1_is_from_its_name_and_proves_nothing() =>
        Assert.Null(Judge(Record(schema: 1, step: 9, afterSignal: false), Detected(), Signalled(11), Exited(12), Saved(false), Uploaded(30), Handled(9, 12)).CertainStep);

    [Fact]
    public void A_commit_after_the_deadline_does_not_count()
    {
        var report = Judge(Detected(), Signalled(8), Exited(9), Saved(true), Uploaded(121), Handled(9, 9));
        Assert.False(report.Passed);
        Assert.Equal(-1, report.SecondsToSpare);
    }

    [Fact]
    public void The_first_commit_of_a_save_counts_not_the_second_manifest_of_it() =>
        Assert.Equal(90, Judge(Detected(), Signalled(8), Exited(9), Saved(true), Uploaded(30), Uploaded(90), Handled(9, 9)).SecondsToSpare);

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Where_steps_are_unknown_a_save_after_the_signal_decides(bool savedAfterSignal, bool passed)
    {
        var report = Judge(Detected(), Signalled(null), Exited(null), Saved(savedAfterSignal), Uploaded(30), Handled(null, null));
        Assert.Equal(passed, report.Passed);
        Assert.Null(report.StepsLost);
        Assert.Contains("RUNCTL_PROGRESS_FILE", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_uploaded_before_the_notice_was_saved_before_the_signal()
    {
        var report = Judge(Detected(), Signalled(9), Exited(9), Saved(false), Handled(9, 9));
        Assert.False(report.Passed);
        Assert.Equal(120, report.SecondsToSpare);
    }

    [Fact]
    public void A_trainer_that_handles_the_signal_and_was_never_told_fails_the_drill_although_a_checkpoint_is_there()
    {
        var report = Judge(Detected(), Signalled(8, Told(7, "accelerate launch train.py", "launcher", false)), Killed(Trainer(9, handles: true, toldAfter: null, killed: true)), Saved(true), Uploaded(30), Handled(9, 9));
        Assert.False(report.Passed);
        Assert.StartsWith("Process 9 (python train.py) handles the stop signal and was never told.", report.Reason, StringComparison.Ordinal);
        Assert.Equal([(7, true), (9, false)], report.Processes.Select(p => (p.ProcessId, p.Told)));
    }

    [Fact]
    public void A_trainer_that_was_killed_before_its_save_was_complete_fails_the_drill()
    {
        var report = Judge(Detected(), Signalled(8, Told(9, "python train.py", "trainer", true)), Killed(Trainer(9, handles: true, toldAfter: 0, killed: true)), Saved(false), Uploaded(95), Handled(4, 30));
        Assert.False(report.Passed);
        Assert.Contains("was killed before a save that began after the signal was complete", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_saves_and_goes_on_training_passes()
    {
        var report = Judge(Record(schema: 2, step: 9, afterSignal: true), Detected(), Signalled(8, Told(9, "python train.py", "trainer", true)), Killed(Trainer(9, handles: true, toldAfter: 0, killed: true)), Saved(true), Uploaded(95), Handled(9, 60));
        Assert.True(report.Passed, report.Reason);
        Assert.Equal((9L, 51L), (report.CertainStep!.Value, report.StepsLost!.Value));
        Assert.EndsWith("it went on training after its save, until it was killed.", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_without_a_handler_and_those_that_another_process_decides_for_do_not_fail_a_drill()
    {
        var signalled = Signalled(8, [Told(9, "torchrun", "launcher", true)], others: [new { Act = "alone", Role = "trainer", Reason = "works for process 9, which decides for it", Pids = new List<int> { 11 } }]);
        var report = Judge(Detected(), signalled, Exited(9, Trainer(9, true, 0), Trainer(10, handles: true, toldAfter: 0.2, through: 9), Trainer(11, handles: true, toldAfter: null), Trainer(12, handles: false, toldAfter: null)), Saved(true), Uploaded(30), Handled(9, 9));
        Assert.True(report.Passed, report.Reason);
        Assert.Equal((10, 9), report.Processes.Where(p => p.Through is not null).Select(p => (p.ProcessId, p.Through!.Value)).Single());
    }

    [Theory]
    [InlineData(false, "does not handle the stop signal")]
    [InlineData(true, "ended without a save")]
    public void A_training_that_saved_nothing_is_told_by_what_its_process_did(bool handles, string text) =>
        Assert.Contains(text, Judge(Detected(), Signalled(8, Told(9, "python train.py", "trainer", handles)), Exited(9, Trainer(9, handles, 0)), Saved(false), Uploaded(30), Handled(9, 9)).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("epoch_10.pt")]
    [InlineData("epoch_9.pt")]
    public void A_newest_save_that_is_on_the_disk_only_fails_the_drill_even_where_it_has_the_name_of_the_one_in_S3(string unsaved)
    {
        var handled = Event(EventKinds.InterruptionHandled, 31, new { Outcome = "uploaded", LastStep = 9, Unsaved = unsaved, Checkpoint = new { Name = "epoch_9.pt", Step = 9, Manifest } });
        var report = Judge(Detected(), Signalled(8), Exited(9), Saved(true, unsaved), Uploaded(30), handled);
        Assert.False(report.Passed);
        Assert.Contains($"{unsaved} is on the instance's disk only", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_S3_holds_and_when_it_was_saved_is_in_the_report()
    {
        var report = Judge(Record(schema: 2, step: 9, afterSignal: true), Detected(), Signalled(8), Exited(9), Saved(true), Uploaded(30), Handled(9, 9));
        Assert.Equal(["epoch_9.pt", "args.json"], report.Files.Select(f => f.Path));
        Assert.Equal([("best.pt", "too large")], report.Missing.Select(m => (m.Path, m.Reason)));
        Assert.Equal((Notice.AddSeconds(5), true), (report.SavedAt!.Value, report.SavedAfterSignal!.Value));
    }

    [Fact]
    public void A_guard_that_names_only_process_ids_is_understood() =>
        Assert.Equal([(9, true)], Judge(Detected(), Event(EventKinds.TrainingSignalled, 1, new { Pids = new List<int> { 9 }, LastStep = 8 }), Exited(9), Saved(true), Uploaded(30), Handled(9, 9)).Processes.Select(p => (p.ProcessId, p.Told)));

    [Fact]
    public void Without_a_checkpoint_or_a_guard_it_fails()
    {
        Assert.False(Judge(Detected()).Passed);
        Assert.Equal("The guard did not see the notice. Get-RunctlEvent r shows what it reported before.", Judge().Reason);
    }

    [Theory]
    [InlineData(EventKinds.TrainingFinished)]
    [InlineData(EventKinds.TrainingFailed)]
    [InlineData(EventKinds.TrainingStopped)]
    public void The_report_says_that_the_training_ended_before_the_notice_was_seen(string end)
    {
        var report = Judge(Uploaded(1), Event(end, 1, new { LastStep = 9 }));
        Assert.False(report.Passed);
        Assert.StartsWith("The training ended before the guard saw the notice.", report.Reason, StringComparison.Ordinal);
    }

    private static RunctlDrillReport Judge(params RunctlEvent[] events) => Judge(null, events);

    private static RunctlDrillReport Judge(ManifestRecord? manifest, params RunctlEvent[] events) => DrillJudge.Judge(
        new RunctlTraining { RunId = "r", InstanceId = "i", ProjectName = "p", Script = "s", State = "running", Region = "us-east-1" }, events, Deadline, isGone: true, manifest);

    private static ManifestRecord Record(int schema, long step, bool afterSignal) => new()
    {
        Schema = schema, RunId = "r", Name = "epoch_9.pt", Step = step, SavedAt = Notice.AddSeconds(5), SavedAfterSignal = afterSignal, Missing = [new("best.pt", "too large")],
        Files = [new("epoch_9.pt", "k", 7, "c"), new("args.json", "a", 2, "c") { Class = "current" }, new("epoch_8.pt", "o", 7, "c") { Class = "older" }],
    };

    private static RunctlEvent Detected() => Event(EventKinds.InterruptionDetected, 0, new { Action = "terminate", Deadline });

    private static RunctlEvent Signalled(long? lastStep, params object[] processes) => Signalled(lastStep, processes, []);

    private static RunctlEvent Signalled(long? lastStep, object[] processes, object[] others) =>
        Event(EventKinds.TrainingSignalled, 1, new { Signal = "SIGTERM", GraceSeconds = 90, LastStep = lastStep, Processes = processes, Others = others });

    private static object Told(int pid, string command, string role, bool handles) => new { Pid = pid, Command = command, Role = role, Reason = "writes weight files", Handles = handles };

    private static object Trainer(int pid, bool handles, double? toldAfter, bool killed = false, int? through = null) =>
        new { Pid = pid, Command = "python train.py", Reason = "writes weight files", Handles = handles, ToldAfter = toldAfter, By = "SIGTERM", Through = through, Killed = killed };

    private static RunctlEvent Exited(long? lastStep, params object[] trainers) => Event(EventKinds.TrainingExited, 4, new { ExitCode = 0, Seconds = 3.0, LastStep = lastStep, Trainers = trainers });

    private static RunctlEvent Killed(params object[] trainers) => Event(EventKinds.TrainingKilled, 91, new { Pids = new List<int> { 9 }, Trainers = trainers });

    private static RunctlEvent Saved(bool afterSignal, string name = "epoch_9.pt") => Event(EventKinds.CheckpointSaved, 5, new { Name = name, SavedAfterSignal = afterSignal, SavedAt = Notice.AddSeconds(5) });

    private static RunctlEvent Uploaded(int seconds) => Event(EventKinds.CheckpointUploaded, seconds, new { Uri = "s3://b/p/epoch_9.pt", Manifest });

    private static RunctlEvent Handled(long? step, long? lastStep, string name = "epoch_9.pt") => Event(EventKinds.InterruptionHandled, 31, new
    {
        Outcome = "uploaded", LastStep = lastStep, Checkpoint = new { Name = name, Step = step, Manifest }, Phases = new[] { new Phase("save", 1), new Phase("upload", 2) },
    });

    private static RunctlEvent Event(string kind, int seconds, object data) => new()
    {
        Kind = kind, Time = Notice.AddSeconds(seconds).UtcDateTime, InstanceId = "i", RunId = "r", Message = kind, Details = RunctlJson.ToElement(data),
    };
}
