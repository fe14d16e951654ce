using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Runctl.Reports;
using Runctl.Reports.Html;

namespace Runctl.Core.Tests.Reports;

public sealed partial class HtmlReportTests
{
    public static TheoryData<string> HostileTexts => new(
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</style></svg></title><script src=//evil.example/x.js></script>", "]]><!--", "&lt;b&gt;&amp;&#60;",
        "javascript:alert(1)", "a\u0000b\u0007c\u001b[31md\u007fe\u0085f", "abc\u202etxt.exe\u2066x", "\ud800 alone", "line\r\nbreak\u2028and\ttab", "}</style>body{display:none}", "{0} {{x}} $(whoami) `x`");

    [Fact]
    public void The_page_needs_nothing_else_and_runs_nothing()
    {
        var page = HtmlReport.Write(RunReportBuilder.Build(SampleRun.Interrupted()));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(Outside(), page);
    }

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public void Text_of_others_is_only_text(string text)
    {
        var page = HtmlReport.Write(RunReportBuilder.Build(SampleRun.Hostile(text)));
        var plain = HtmlReport.Write(RunReportBuilder.Build(SampleRun.Hostile("harmless")));
        Assert.DoesNotMatch(Outside(), page);
        Assert.DoesNotContain(page, c => (char.IsControl(c) && c != '\n') || c is '\u202e' or '\u2066' or '\u2028' || char.IsSurrogate(c));
        // Whatever the text is, the page has the same elements in the same order.
        Assert.Equal(Elements(plain), Elements(page));
    }

    [Fact]
    public void An_unknown_value_is_unknown_and_not_zero()
    {
        var page = HtmlReport.Write(RunReportBuilder.Build(SampleRun.WithoutBucket()));
        Assert.Contains("<dt>Cost</dt><dd>unknown", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Saved</dt><dd>unknown", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Steps lost</dt><dd>unknown", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Interruptions</dt><dd>unknown", page, StringComparison.Ordinal);
        Assert.Contains("Nothing tells of steps", page, StringComparison.Ordinal);
        Assert.DoesNotContain("0 USD", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_picture_has_a_title_a_description_and_a_table_beside_it()
    {
        var page = Parse(HtmlReport.Write(RunReportBuilder.Build(SampleRun.Interrupted())));
        var pictures = page.Descendants("svg").Where(s => (string?)s.Attribute("role") == "img").ToList();
        Assert.Equal(["timeline", "saves", "returns", "steps", "losses", "scores", "cost"], pictures.Select(p => ((string)p.Element("title")!.Attribute("id")!)[..^2]));
        Assert.All(pictures, p => Assert.False(string.IsNullOrWhiteSpace(p.Element("desc")?.Value)));
        Assert.All(pictures, p => Assert.NotEmpty(p.Ancestors("section").First().Descendants("table")));
    }

    [Fact]
    public void A_run_of_30_days_gives_a_page_of_less_than_a_megabyte() =>
        Assert.InRange(Encoding.UTF8.GetByteCount(HtmlReport.Write(RunReportBuilder.Build(SampleRun.Long()))), 20_000, 1_000_000);

    [Theory]
    [InlineData("Short")]
    [InlineData("Running")]
    [InlineData("WithoutBucket")]
    [InlineData("OfVersion01")]
    [InlineData("Interrupted")]
    public void Every_shape_of_run_gives_a_page_that_is_well_formed(string shape)
    {
        var page = Parse(HtmlReport.Write(RunReportBuilder.Build(Named(shape))));
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Value.Contains("NaN", StringComparison.Ordinal) || a.Value.Contains('∞', StringComparison.Ordinal) || (a.Name == "width" && a.Value.StartsWith('-')));
    }

    [Fact]
    public void The_page_is_the_same_in_every_culture()
    {
        var before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            string[] cultures = ["en-US", "de-DE", "tr-TR", "ar-SA"];
            var pages = cultures.Select(name =>
            {
                System.Globalization.CultureInfo.CurrentCulture = new(name);
                return HtmlReport.Write(RunReportBuilder.Build(SampleRun.Interrupted()));
            });
            Assert.Single(pages.Distinct());
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }

    private static ReportMaterial Named(string shape) => (ReportMaterial)typeof(SampleRun).GetMethod(shape)!.Invoke(null, null)!;

    /// <summary>The page is written so that a parser of XML takes it too, but for its first line and its void elements.</summary>
    private static XElement Parse(string page) => XDocument.Parse(Empty().Replace(Style().Replace(page[page.IndexOf("<html", StringComparison.Ordinal)..], ""), "$1/>")).Root!;

    private static string Elements(string page) => string.Join(' ', Parse(page).Descendants().Select(e => e.Name.LocalName));

    [GeneratedRegex("<script|<link|<img|<iframe|<object|<embed|@import|url\\(|<[a-z][^>]*\\s(?:src|href|on[a-z]+)=", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();

    [GeneratedRegex("<style>.*?</style>", RegexOptions.Singleline)]
    private static partial Regex Style();

    [GeneratedRegex("(<(?:meta|br)[^>]*?)/?>")]
    private static partial Regex Empty();
}
