using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class ViewTests
{
    [Fact]
    public void Events_read_as_their_messages()
    {
        using var session = new ModuleSession();
        var shown = session.Show($"{Records.Event("CheckpointSaved", "Checkpoint saved: /a/epoch_1.pt")}; {Records.Event("InterruptionTime", "Interruption time: 2024-01-01T12:00:00Z")}");
        Assert.Equal("Checkpoint saved: /a/epoch_1.pt\nInterruption time: 2024-01-01T12:00:00Z\n", shown);
    }

    [Fact]
    public void A_detection_that_was_a_warning_reads_as_its_second_line()
    {
        using var session = new ModuleSession();
        var detection = Records.Event("InterruptionDetected", "Spot interruption detected for instance i-123!`nHandling spot interruption for instance i-123");
        Assert.Equal("Handling spot interruption for instance i-123\n", session.Show($"$warned = {detection}; $warned.PSObject.TypeNames.Insert(0, 'Runctl.Events.RunctlEvent#Warned'); $warned"));
        Assert.Equal("Spot interruption detected for instance i-123!\nHandling spot interruption for instance i-123\n", session.Show(detection));
    }

    [Fact]
    public void An_instance_is_a_line_of_a_table()
    {
        using var session = new ModuleSession();
        var lines = Lines(session.Show(Records.Instance));
        Assert.Equal("InstanceId          Type          Market    State               Age   USD/h    Spent Training", lines[0]);
        Assert.Equal("i-0123456789abcdef0 g4dn.12xlarge spot      running        1d 02:30  0.3512     9.31 running run-1", lines[2]);
    }

    [Fact]
    public void What_is_not_known_of_an_instance_reads_as_unknown_and_never_as_nothing()
    {
        using var session = new ModuleSession();
        var line = Lines(session.Show("[Runctl.Instances.RunctlInstance]@{ InstanceId = 'i-0123456789abcdef0'; InstanceType = 'g5.xlarge'; State = 'running'; Region = 'r' }"))[2];
        Assert.Equal("i-0123456789abcdef0 g5.xlarge     on-demand running         unknown unknown  unknown", line);
    }

    [Fact]
    public void A_training_is_a_line_of_a_table()
    {
        using var session = new ModuleSession();
        var line = Lines(session.Show(Records.Training()))[2];
        Assert.Matches("^digits-20260131-120000-ab12cd +i-0123456789abcdef0 +running +1 +1200 +epoch_10.pt$", line);
        Assert.True(line.Length <= 100);
    }

    [Fact]
    public void A_checkpoint_is_a_line_with_the_number_of_its_files_and_its_files_are_a_table()
    {
        using var session = new ModuleSession();
        session.Run(
            """
            $checkpoint = [Runctl.Checkpoints.RunctlCheckpoint]@{
                Name = 'ckpt-4'; RunId = 'run-1'; InstanceId = 'i-1'; Reason = 'periodic'; Size = 2048; S3Bucket = 'b'; S3Uri = 's3://b/ckpt-4'; Manifest = 's3://b/ckpt-4.manifest.json'; Region = 'us-east-1'; Complete = $false
                Files = [Runctl.Checkpoints.CheckpointFile[]]@([Runctl.Checkpoints.CheckpointFile]::new('ckpt-4.index', 'k', 2048, 'c'), [Runctl.Checkpoints.CheckpointFile]::new('old.pt', 'k', 1, 'c')) }
            $checkpoint.Files[1].Class = 'older'
            """);
        Assert.Matches("^ckpt-4 +2 KiB +1\\+ +0001-01-01 00:00:00 +periodic +run-1$", Lines(session.Show("$checkpoint"))[2]);
        Assert.Equal(["save         2 KiB ckpt-4.index", "older          1 B old.pt"], Lines(session.Show("$checkpoint.Files"))[2..]);
    }

    [Fact]
    public void A_drill_report_says_who_was_told_what_was_saved_and_what_S3_holds()
    {
        using var session = new ModuleSession();
        var lines = Lines(session.Show(
            """
            [Runctl.Drills.RunctlDrillReport]@{
                Passed = $true; Reason = 'x'; RunId = 'r'; InstanceId = 'i-1'; Region = 'us-east-1'; CertainStep = 9; SavedAt = [DateTimeOffset]'2026-01-31T12:00:05Z'; SavedAfterSignal = $true
                Files = [Runctl.Checkpoints.CheckpointFile[]]@([Runctl.Checkpoints.CheckpointFile]::new('a.pt', 'k', 2048, 'c')); Missing = [Runctl.Checkpoints.CheckpointMissing[]]@([Runctl.Checkpoints.CheckpointMissing]::new('best.pt', 'late'))
                Processes = [Runctl.Drills.RunctlToldProcess[]]@([Runctl.Drills.RunctlToldProcess]::new(9, 'python train.py', 'trainer')) }
            """));
        Assert.Contains("Certain step : 9", lines);
        Assert.Contains("Saved        : 2026-01-31T12:00:05Z, after the signal", lines);
        Assert.Contains("In S3        : 1 file, 2 KiB; missing: best.pt", lines);
        Assert.Contains("Told         : process 9 (python train.py) was not told", lines);
    }

    [Fact]
    public void A_drill_report_ends_with_its_phases()
    {
        using var session = new ModuleSession();
        var lines = Lines(session.Show(
            """
            [Runctl.Drills.RunctlDrillReport]@{
                Passed = $true; Reason = 'Nothing was lost.'; RunId = 'r'; InstanceId = 'i-1'; Region = 'us-east-1'; InstanceTaken = $true; SecondsToSpare = 108.31
                Phases = [Runctl.Training.Phase[]]@([Runctl.Training.Phase]::new('detect', 0.41), [Runctl.Training.Phase]::new('save', 12.3)) }
            """));
        Assert.Equal("Drill passed: Nothing was lost.", lines[0]);
        Assert.Equal(["Phase          Seconds", "-----          -------", "detect            0.41", "save             12.30"], lines[^4..]);
    }

    [Fact]
    public void Phases_are_lines_even_after_objects_of_another_kind()
    {
        using var session = new ModuleSession();
        var lines = Lines(session.Show($"{Records.Instance}; [Runctl.Training.Phase]::new('restore', 1.234)"));
        Assert.Equal("restore           1.23", lines[^1]);
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
}
