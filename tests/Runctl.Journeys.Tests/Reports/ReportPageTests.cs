using Runctl.Core.Tests.Reports;
using Runctl.Reports;
using Runctl.Reports.Html;

namespace Runctl.Journeys.Tests.Reports;

/// <summary>Reports in Chromium: where their texts lie, how large they are, and how they stand out. One browser looks at all of them.</summary>
public sealed class ReportPageTests
{
    private static readonly int[] Widths = [400, 800, 1400];

    private static readonly string[] Schemes = ["light", "dark"];

    [Fact]
    public async Task On_a_phone_a_tablet_and_a_wide_screen_light_and_dark_every_text_can_be_read()
    {
        Assert.SkipWhen(Browser.Program is null, "Chromium is not installed (Debian: apt-get install chromium).");
        (string Name, RunReport Report)[] reports =
        [
            ("interrupted", RunReportBuilder.Build(SampleRun.Interrupted())),
            ("long", RunReportBuilder.Build(SampleRun.Long(attempts: 60, eventsPerAttempt: 4, figuresPerAttempt: 60))),
            ("short", RunReportBuilder.Build(SampleRun.Short())),
            ("running", RunReportBuilder.Build(SampleRun.Running())),
            ("without-bucket", RunReportBuilder.Build(SampleRun.WithoutBucket())),
            ("version-01", RunReportBuilder.Build(SampleRun.OfVersion01())),
            ("hostile", RunReportBuilder.Build(SampleRun.Hostile("</script><svg onload=alert(1)>" + new string('W', 300)))),
        ];
        var looks = await Browser.LookAsync(
            from report in reports from width in Widths from scheme in Schemes
            select ($"{report.Name} {width} {scheme}", width, InScheme(HtmlReport.Write(report.Report), scheme)),
            TestContext.Current.CancellationToken);
        Assert.Equal(reports.Length * Widths.Length * 2, looks.Count);
        Assert.All(looks, look => Assert.True(look.Texts > 20, $"{look.Name}: only {look.Texts} texts were measured."));
        Assert.True(looks.All(look => look.Found.Length == 0), string.Join('\n', looks.SelectMany(look => look.Found)));
    }

    [Fact]
    public async Task The_measuring_finds_what_overlaps_is_too_small_too_pale_or_outside()
    {
        Assert.SkipWhen(Browser.Program is null, "Chromium is not installed (Debian: apt-get install chromium).");
        var page = HtmlReport.Write(RunReportBuilder.Build(SampleRun.Interrupted())).Replace("</style></head>", "h2{font-size:9px}.dim{color:#ccc}.plot .name{transform:translate(0,-900px)}dt{margin-bottom:-22px}h1{width:2000px}</style></head>", StringComparison.Ordinal);
        var look = Assert.Single(await Browser.LookAsync([("broken", 800, InScheme(page, "light"))], TestContext.Current.CancellationToken));
        string[] faults = ["overlaps", "is too small", "has too little contrast", "lies outside its picture", "scrolls sideways"];
        foreach (var what in faults)
        {
            Assert.Contains(look.Found, found => found.Contains(what, StringComparison.Ordinal));
        }
    }

    /// <summary>The page as a system with this scheme shows it.</summary>
    private static string InScheme(string page, string scheme) => page.Replace("@media(prefers-color-scheme:dark)", scheme == "dark" ? "@media all" : "@media not all", StringComparison.Ordinal);
}
