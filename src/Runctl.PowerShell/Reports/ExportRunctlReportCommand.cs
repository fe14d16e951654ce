using System.Management.Automation;
using Runctl.Errors;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Training;
using Runctl.Reports;
using Runctl.Reports.Html;

namespace Runctl.PowerShell.Reports;

/// <summary>Writes a report of a run: one HTML page with pictures of what happened, when, and what it cost.</summary>
/// <remarks>The page shows the attempts and interruptions on a line of time, and how long each step of a save and of a return took. It shows steps over time, and figures of the log that look like a loss or an accuracy. It lists the checkpoints and where they are, the cost against on-demand, and the events. It needs nothing else: it has no script and loads nothing. A value that is not known is shown as unknown. Of a log of more than 4 MiB the report reads parts that are spread evenly, and says so. Reading costs a few requests to S3, and one command to the instance if the run goes on.</remarks>
/// <example>
/// <code>Export-RunctlReport $run -Path run.html</code>
/// <para>Writes the report of a run.</para>
/// </example>
/// <example>
/// <code>Get-RunctlTraining | Select-Object -First 10 | Export-RunctlReport -Path ./reports</code>
/// <para>Writes a report of each of the ten newest runs into a directory.</para>
/// </example>
/// <example>
/// <code>Export-RunctlReport $run -AsMarkdown | Set-Clipboard</code>
/// <para>Copies the report as Markdown, for an issue or a chat.</para>
/// </example>
[Cmdlet(VerbsData.Export, "RunctlReport", SupportsShouldProcess = true, DefaultParameterSetName = RunSet)]
[OutputType(typeof(FileInfo), typeof(string))]
public sealed class ExportRunctlReportCommand : TrainingTargetCmdlet
{
    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal);

    /// <summary>File to write, or a directory that is there: the file then has the name of the run. Default: the current location; with -AsMarkdown, the pipeline.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Writes Markdown: tables without pictures. Without -Path the text goes to the pipeline.</summary>
    [Parameter]
    public SwitchParameter AsMarkdown { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachTrainingAsync(async (scope, training) =>
    {
        var reader = new ReportReader(scope.Cloud, scope.Configuration, Progress, TimeProvider.System);
        if (AsMarkdown && Path is null)
        {
            WriteObject(MarkdownReport.Write(await reader.ReadAsync(training, StopToken)));
            return;
        }

        var path = ReportFile.PathOf(Path is null ? CurrentDirectory : FullPath(Path), training.RunId, AsMarkdown ? ".md" : ".html");
        if (_written.TryGetValue(path, out var other) && other != training.RunId)
        {
            throw RunctlErrors.ReportPathShared(path);
        }

        ReportFile.Check(path, Force);
        if (ShouldProcess(path, $"{(File.Exists(path) ? "Replace" : "Write")} the report of run {training.RunId}"))
        {
            var report = await reader.ReadAsync(training, StopToken);
            ReportFile.Write(path, AsMarkdown ? MarkdownReport.Write(report) : HtmlReport.Write(report), Force);
            _written[path] = training.RunId;
            foreach (var item in InvokeProvider.Item.Get([path], force: true, literalPath: true))
            {
                WriteObject(item);
            }
        }
    });
}
