using System.Diagnostics;
using System.Globalization;
using System.Text;
using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Logs;
using Runctl.Core.Tests.Reports;
using Runctl.Reports;
using Runctl.Reports.Html;
using Runctl.Runs;

namespace Runctl.Benchmarks;

/// <summary>The report of a run of 30 days with 60 attempts, 48,000 events and a log of 300 MB.</summary>
internal static class ReportBenchmark
{
    private const int Segments = 300;
    private const int SegmentLines = 16_000;

    public static async Task RunAsync()
    {
        var material = SampleRun.Long();
        HtmlReport.Write(RunReportBuilder.Build(material));
        var times = new List<double>();
        var page = "";
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            page = HtmlReport.Write(RunReportBuilder.Build(material));
            times.Add(clock.Elapsed.TotalSeconds);
        }

        Console.WriteLine(Statistics.Row(string.Create(CultureInfo.InvariantCulture, $"report of 30 days from its data, {material.Events.Count:N0} events"), times, "< 2 s"));
        Console.WriteLine(GuardBenchmark.Row("its page", $"{Encoding.UTF8.GetByteCount(page) / 1000.0:N0} kB", "< 1,000 kB"));

        var store = new MemoryStore();
        var length = Fill(store);
        times.Clear();
        var figures = new FigureLog();
        for (var i = 0; i < 3; i++)
        {
            figures = new FigureLog();
            var clock = Stopwatch.StartNew();
            var sampler = new LogSampler(store, new RunStore(store, "b", "p", TimeProvider.System), "r-1", figures);
            await sampler.ListAsync([(1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(30))], default);
            await sampler.ReadAsync(default);
            times.Add(clock.Elapsed.TotalSeconds);
        }

        Console.WriteLine(Statistics.Row(string.Create(CultureInfo.InvariantCulture, $"figures of a log of {length / 1e6:N0} MB, {figures.ReadBytes / 1e6:N1} MB of it read"), times, "< 2 s"));
    }

    /// <summary>Writes the page of the run that the README shows.</summary>
    public static void WritePage(string path, bool isLong) => File.WriteAllText(path, HtmlReport.Write(RunReportBuilder.Build(isLong ? SampleRun.Long() : SampleRun.Interrupted())));

    private static long Fill(MemoryStore store)
    {
        var log = new Segments(store);
        var offset = 0L;
        var text = new StringBuilder();
        for (var segment = 0; segment < Segments; segment++)
        {
            text.Clear();
            for (var line = 0; line < SegmentLines; line++)
            {
                text.Append(CultureInfo.InvariantCulture, $"step {(segment * SegmentLines) + line} loss={2.0 / (1 + segment + (line / 16e3)):0.000000} lr=1e-4 took 0.53 s, grad_norm 1.25\n");
            }

            log.Put(offset, offset + text.Length, Runctl.Core.Tests.Logs.Segments.Part(text.ToString(), 0), segment * 8640);
            offset += text.Length;
        }

        return offset;
    }
}
