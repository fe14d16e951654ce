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
    public void Committed_in_time_with_the_last_step_passes()
    {
        var report = Judge(Detected(), Saved(true), Uploaded(30), Handled(9, 9));
        Assert.True(report.Passed);
        Assert.Equal((90.0, 0L, 9L), (report.SecondsToSpare!.Value, report.StepsLost!.Value, report.LastStep!.Value));
        Assert.Equal(Manifest, report.Manifest);
        Assert.Equal(["save", "upload"], report.Phases.Select(p => p.Name));
    }

    [Fact]
    public void Steps_after_the_checkpoint_are_lost()
    {
        var report = Judge(Detected(), Saved(false), Uploaded(30), Handled(9, 12));
        Assert.False(report.Passed);
        Assert.Equal(3, report.StepsLost);
        Assert.Contains("3 steps", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_commit_after_the_deadline_does_not_count()
    {
        var report = Judge(Detected(), Saved(true), Uploaded(121), Handled(9, 9));
        Assert.False(report.Passed);
        Assert.Equal(-1, report.SecondsToSpare);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Where_steps_are_unknown_a_save_after_the_signal_decides(bool savedAfterSignal, bool passed)
    {
        var report = Judge(Detected(), Saved(savedAfterSignal), Uploaded(30), Handled(null, null));
        Assert.Equal(passed, report.Passed);
        Assert.Null(report.StepsLost);
    }

    [Fact]
    public void What_was_uploaded_before_the_notice_is_committed()
    {
        var report = Judge(Detected(), Handled(9, 9));
        Assert.True(report.Passed);
        Assert.Equal(120, report.SecondsToSpare);
    }

    [Fact]
    public void Without_a_checkpoint_or_a_guard_it_fails()
    {
        Assert.False(Judge(Detected()).Passed);
        Assert.Equal("The guard did not see the notice.", Judge().Reason);
    }

    private static RunctlDrillReport Judge(params RunctlEvent[] events) => DrillJudge.Judge(
        new RunctlTraining { RunId = "r", InstanceId = "i", ProjectName = "p", Script = "s", State = "running", Region = "us-east-1" }, events, Deadline, isGone: true);

    private static RunctlEvent Detected() => Event(EventKinds.InterruptionDetected, 0, new { Action = "terminate", Deadline });

    private static RunctlEvent Saved(bool afterSignal) => Event(EventKinds.CheckpointSaved, 5, new { Name = "epoch_9.pt", SavedAfterSignal = afterSignal });

    private static RunctlEvent Uploaded(int seconds) => Event(EventKinds.CheckpointUploaded, seconds, new { Uri = "s3://b/p/epoch_9.pt", Manifest });

    private static RunctlEvent Handled(long? step, long? lastStep) => Event(EventKinds.InterruptionHandled, 31, new
    {
        Outcome = "uploaded", LastStep = lastStep, Checkpoint = new { Name = "epoch_9.pt", Step = step, Manifest }, Phases = new[] { new Phase("save", 1), new Phase("upload", 2) },
    });

    private static RunctlEvent Event(string kind, int seconds, object data) => new()
    {
        Kind = kind, Time = Notice.AddSeconds(seconds), InstanceId = "i", RunId = "r", Message = kind, Data = RunctlJson.ToElement(data),
    };
}
