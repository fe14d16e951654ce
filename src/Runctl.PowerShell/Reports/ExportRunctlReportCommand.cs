using System.Management.Automation;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Targets;
using Runctl.PowerShell.Training;
using Runctl.Reports;
using Runctl.Reports.Html;
using Runctl.Training;

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
    private readonly List<RunctlTarget> _forOneFile = [];

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

    /// <summary>The one file that is to be written, or null.</summary>
    private string? OneFile => Path is not null && FullPath(Path) is var path && !ReportFile.IsDirectory(path) ? path : null;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (OneFile is not { } file)
        {
            return ForEachTrainingAsync(WriteAsync);
        }

        // Whether it is one run is known when all of the pipeline has come.
        _forOneFile.AddRange(Targets);
        RequireOne(_forOneFile.Where(target => target.Kind == TargetKind.Run).Select(target => target.Id), file);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (OneFile is not { } file)
        {
            return;
        }

        var runs = new List<(CommandScope Scope, RunctlTraining Training)>();
        await ForEachTrainingAsync(_forOneFile, (scope, training) =>
        {
            runs.Add((scope, training));
            return Task.CompletedTask;
        });
        RequireOne(runs.Select(run => run.Training.RunId), file);
        foreach (var (scope, training) in runs.Take(1))
        {
            await ForTargetAsync(training.RunId, () => WriteAsync(scope, training));
        }
    }

    private static void RequireOne(IEnumerable<string> runIds, string file)
    {
        if (runIds.Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            throw RunctlErrors.ReportPathShared(file);
        }
    }

    private async Task WriteAsync(CommandScope scope, RunctlTraining training)
    {
        var reader = new ReportReader(scope.Cloud, scope.Configuration, Progress, TimeProvider.System);
        if (AsMarkdown && Path is null)
        {
            WriteObject(MarkdownReport.Write(await reader.ReadAsync(training, StopToken)));
            return;
        }

        var path = ReportFile.PathOf(Path is null ? CurrentDirectory : FullPath(Path), training.RunId, AsMarkdown ? ".md" : ".html");
        ReportFile.Check(path, Force);
        if (ShouldProcess(path, $"{(File.Exists(path) ? "Replace" : "Write")} the report of run {training.RunId}"))
        {
            var report = await reader.ReadAsync(training, StopToken);
            ReportFile.Write(path, AsMarkdown ? MarkdownReport.Write(report) : HtmlReport.Write(report), Force);
            WriteItem(path);
        }
    }
}
