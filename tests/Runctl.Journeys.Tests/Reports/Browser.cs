using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Runctl.Journeys.Tests.Reports;

/// <summary>A headless Chromium that measures pages.</summary>
internal static class Browser
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The program, or null where it is not installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(d => new[] { Path.Combine(d, "chromium"), Path.Combine(d, "google-chrome") }).FirstOrDefault(File.Exists);

    /// <summary>What measure.js says of each page in a frame of its width.</summary>
    public static async Task<IReadOnlyList<Look>> LookAsync(IEnumerable<(string Name, int Width, string Page)> pages, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("runctl-browser-").FullName;
        try
        {
            var text = new StringBuilder("<!DOCTYPE html><meta charset=\"utf-8\"><body>");
            foreach (var (name, width, page) in pages)
            {
                text.Append(CultureInfo.InvariantCulture, $"<iframe name=\"{name}\" width=\"{width}\" height=\"900\" style=\"border:0\" srcdoc=\"{WebUtility.HtmlEncode(page)}\"></iframe>");
            }

            text.Append("<pre id=\"result\"></pre><script>").Append(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Reports", "measure.js"), cancellationToken)).Append("</script>");
            var file = Path.Combine(directory, "pages.html");
            await File.WriteAllTextAsync(file, text.ToString(), cancellationToken);
            var dump = await DumpAsync(directory, file, cancellationToken);
            var begin = dump.IndexOf("RESULT", dump.LastIndexOf("<pre", StringComparison.Ordinal), StringComparison.Ordinal) + 6;
            return JsonSerializer.Deserialize<Look[]>(Convert.FromBase64String(dump[begin..dump.IndexOf("END", begin, StringComparison.Ordinal)]), JsonSerializerOptions.Web)!;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<string> DumpAsync(string directory, string file, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        // Without its sandbox, as it would not start for root otherwise; the pages are ours.
        var start = new ProcessStartInfo(Program!, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--hide-scrollbars", "--no-first-run", $"--user-data-dir={directory}/profile", "--dump-dom", "--virtual-time-budget=60000", "file://" + file])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return output.Contains("RESULT", StringComparison.Ordinal) ? output : throw new InvalidOperationException($"Chromium measured nothing: {await errors}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>What was found on a page.</summary>
    /// <param name="Name">The frame.</param>
    /// <param name="Texts">How many pieces of text were measured.</param>
    /// <param name="Found">What is wrong, a line each.</param>
    internal sealed record Look(string Name, int Texts, string[] Found);
}
