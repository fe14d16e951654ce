using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Logs;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Reports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Reports;

public sealed class RunReportBuilderTests
{
    [Fact]
    public void An_interruption_has_the_phases_of_its_save_and_of_the_return()
    {
        var report = RunReportBuilder.Build(SampleRun.Interrupted());
        Assert.Equal([1, 2], report.Interruptions.Select(i => i.Attempt));
        var second = report.Interruptions[1];
        Assert.Equal(["detect", "signal", "save", "check", "upload", "commit"], second.SavePhases.Select(p => p.Name));
        Assert.Equal(["waiting", "launch and boot", "code", "restore", "setup"], second.ReturnPhases.Select(p => p.Name));
        Assert.Equal(second.Gap!.Value.TotalSeconds, second.ReturnPhases.Sum(p => p.Seconds), 3);
        Assert.Equal(("uploaded", 3, 24L, "imds"), (second.Outcome, second.NextAttempt, second.StepsLost, second.Source));
    }

    [Fact]
    public void The_summary_says_that_lost_steps_are_unknown_as_long_as_those_of_an_interruption_are()
    {
        var material = SampleRun.Interrupted();
        var first = material.Record!.Attempts[0];
        var record = material.Record with { Attempts = [first, new AttemptRecord { Number = 2, State = RunStates.Claimed, Claimed = first.Ended!.Value.AddSeconds(5) }] };
        var report = RunReportBuilder.Build(material with { Record = record, Account = RunAccount.Of(record, new PriceHistory([]), new Dictionary<string, decimal>(), material.AsOf) });
        Assert.Equal((2, null, null), (report.Interruptions[0].NextAttempt, report.Interruptions[0].StepsLost, report.StepsLost));
        Assert.Contains("| Steps lost | unknown |", MarkdownReport.Write(report), StringComparison.Ordinal);
    }

    [Fact]
    public void The_cost_of_the_run_is_the_sum_of_its_attempts()
    {
        var report = RunReportBuilder.Build(SampleRun.Interrupted());
        Assert.Equal(report.Cost, report.Attempts.Sum(a => a.Cost));
        Assert.Equal(report.OnDemand, report.Attempts.Sum(a => a.OnDemand));
        Assert.True(report.OnDemand > report.Cost);
    }

    [Fact]
    public void A_checkpoint_is_in_S3_deleted_or_on_the_disk_only()
    {
        var material = SampleRun.Interrupted();
        var report = RunReportBuilder.Build(material with { Events = [.. material.Events.Where(e => e.Kind != "CheckpointUploaded" || e.Attempt != 2)] });
        Assert.Equal(3, report.Checkpoints!.Count(c => c.Place == CheckpointPlace.InS3));
        Assert.All(report.Checkpoints!.Where(c => c is { Attempt: 1, Place: not CheckpointPlace.InS3 }), c => Assert.Equal(CheckpointPlace.Deleted, c.Place));
        Assert.All(report.Checkpoints!.Where(c => c is { Attempt: 2, Place: not CheckpointPlace.InS3 }), c => Assert.Equal((CheckpointPlace.OnDisk, (string?)null), (c.Place, c.Uri)));
    }

    [Fact]
    public void A_checkpoint_that_was_committed_again_with_more_files_is_there_once()
    {
        var material = SampleRun.Interrupted();
        var whole = RunReportBuilder.Build(material).Checkpoints!.Count;
        var checkpoint = material.Checkpoints![0];
        var upload = material.Events.First(e => e.Kind == EventKinds.CheckpointUploaded).With(copy =>
        {
            copy.Attempt = checkpoint.Attempt;
            copy.Details = Json.RunctlJson.ToElement(new { uri = checkpoint.S3Uri, manifest = checkpoint.S3Uri + ".manifest.json.of.before" });
        });
        Assert.Equal(whole, RunReportBuilder.Build(material with { Events = [.. material.Events, upload] }).Checkpoints!.Count);
    }

    [Fact]
    public void The_step_of_a_checkpoint_is_a_lower_bound_unless_no_later_one_was_reported()
    {
        var material = SampleRun.Interrupted();
        var checkpoint = material.Checkpoints![0];
        string Shown(long last) => MarkdownReport.Write(RunReportBuilder.Build(material with { Checkpoints = [checkpoint.With(copy => { copy.Step = 1234; copy.LastStep = last; })] }));
        Assert.Contains("| 1,234 |", Shown(1234), StringComparison.Ordinal);
        Assert.Contains("| >=1,234 |", Shown(1250).Replace("\\>", ">", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_detection_says_once_that_there_is_an_interruption()
    {
        var detected = SampleRun.Interrupted().Events.First(e => e.Kind == EventKinds.InterruptionDetected).With(copy => copy.Message = "Spot interruption detected for instance i-1!\nHandling spot interruption for instance i-1");
        Assert.Equal("Spot interruption detected for instance i-1!", ReportEvent.Of(detected).Message);
    }

    [Fact]
    public void Without_S3_a_checkpoint_that_was_uploaded_is_not_said_to_be_deleted() =>
        Assert.DoesNotContain(RunReportBuilder.Build(SampleRun.Interrupted() with { Checkpoints = null }).Checkpoints!, c => c.Place is CheckpointPlace.Deleted or CheckpointPlace.InS3);

    [Fact]
    public void Of_many_events_those_that_repeat_are_left_out_and_counted()
    {
        var report = RunReportBuilder.Build(SampleRun.Long());
        Assert.InRange(report.Events.Count, 1, EventChoice.Most);
        Assert.Contains(report.Events, e => e.Kind == "InterruptionHandled");
        Assert.Equal(60 * 400, report.EventsOmitted["CheckpointSaved"]);
    }

    [Fact]
    public void A_record_of_version_01_gives_attempts_and_an_interruption_whose_phases_are_unknown()
    {
        var report = RunReportBuilder.Build(SampleRun.OfVersion01());
        Assert.Equal([RunStates.Interrupted, RunStates.Lost], report.Attempts.Select(a => a.State));
        Assert.Empty(report.Interruptions[0].SavePhases);
        Assert.Equal((null, null, null), (report.Steps, report.Cost, report.Attempts[1].Ended));
    }

    [Fact]
    public void Steps_of_a_log_that_start_again_with_each_epoch_are_no_steps_of_the_run()
    {
        var material = SampleRun.WithoutBucket();
        for (var i = 0; i < 1000; i++)
        {
            material.Figures.Add($"step {i % 100}", material.AsOf.AddSeconds(i - 1000), 1);
        }

        Assert.Null(RunReportBuilder.Build(material).Steps);
    }

    [Fact]
    public async Task A_large_log_is_read_in_parts_that_are_spread_over_its_time()
    {
        var store = new MemoryStore();
        var log = new Segments(store);
        for (var i = 0; i < 40; i++)
        {
            log.Ship(string.Concat(Enumerable.Range(0, 6000).Select(n => $"step {(i * 6000) + n} loss=0.5 and a few words more\n")), taken: (i + 1) * 1000);
        }

        var figures = await ReadAsync(store, 40_000);
        Assert.Equal(log.Text.Length, figures.TotalBytes);
        Assert.InRange(figures.ReadBytes, LogSampler.MostText / 2, LogSampler.MostText * 2);
        var times = figures.Losses["loss"].Points.Select(p => p.Time.ToUnixTimeSeconds()).ToList();
        Assert.Equal(40, times.Select(t => t / 1000).Distinct().Count());
        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task A_small_log_is_read_to_its_last_line_also_across_the_ends_of_segments()
    {
        var store = new MemoryStore();
        var log = new Segments(store);
        log.Ship("step 1 loss=0.5\nstep 2 lo", taken: 100);
        log.Ship("ss=0.4\nstep 3 loss=0.3", taken: 200);
        var figures = await ReadAsync(store, 300);
        Assert.Equal([0.5, 0.4, 0.3], figures.Losses["loss"].Points.Select(p => p.Value));
        Assert.Equal([1.0, 2, 3], figures.Steps.Select(p => p.Value));
    }

    [Theory]
    [InlineData("a | b", "`a \\| b`")]
    [InlineData("a`b", "``a`b``")]
    [InlineData("`", "`` ` ``")]
    [InlineData("a\nb", "`a b`")]
    [InlineData("<b>@me https://x", "`<b>@me https://x`")]
    [InlineData("", "unknown")]
    public void Text_of_others_is_a_code_span_in_Markdown(string text, string expected) => Assert.Equal(expected, MarkdownReport.Code(text));

    [Fact]
    public void Markdown_has_a_row_for_each_attempt_and_keeps_its_columns_whatever_the_names_are()
    {
        var text = MarkdownReport.Write(RunReportBuilder.Build(SampleRun.Hostile("a | b\n# no heading")));
        Assert.Equal(1, text.Split('\n').Count(line => line.StartsWith("# ", StringComparison.Ordinal)));
        Assert.All(text.Split("## Attempts")[1].Split("##")[0].Trim().Split('\n'), line => Assert.Equal(11, line.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|')));
    }

    [Fact]
    public void A_report_has_the_name_of_its_run_in_a_directory_and_replaces_a_file_only_if_that_is_meant()
    {
        using var directory = new TempDirectory();
        var path = ReportFile.PathOf(directory.Path, "../run", ".html");
        Assert.Equal(Path.Combine(directory.Path, "___run.html"), path);
        ReportFile.Write(path, "one", overwrite: false);
        Assert.Equal("FileExists", Assert.Throws<Runctl.Errors.RunctlException>(() => ReportFile.Write(path, "two", overwrite: false)).Id);
        ReportFile.Write(path, "two", overwrite: true);
        Assert.Equal("two", File.ReadAllText(path));
        Assert.Equal("ReportNotWritten", Assert.Throws<Runctl.Errors.RunctlException>(() => ReportFile.Check(Path.Combine(directory.Path, "no", "run.html"), false)).Id);
    }

    private static async Task<FigureLog> ReadAsync(MemoryStore store, int seconds)
    {
        var figures = new FigureLog();
        var sampler = new LogSampler(store, new RunStore(store, "b", "p", new InstantTimeProvider()), "r-1", figures);
        await sampler.ListAsync([(1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(seconds))], TestContext.Current.CancellationToken);
        await sampler.ReadAsync(TestContext.Current.CancellationToken);
        return figures;
    }
}
