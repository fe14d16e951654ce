using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>One attempt on one instance, seen from outside by the files on the instance's disk.</summary>
internal sealed class Scene(RunctlSandbox sandbox, string instanceId)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);
    private static readonly string[] Ended = ["finished", "failed", "interrupted", "stopped"];

    public string InstanceId => instanceId;

    public RunctlSandbox Sandbox => sandbox;

    public bool IsAlive => sandbox.Instances.Single(one => one.InstanceId == instanceId).State == "running";

    /// <summary>preparing, restoring, setup, running ...; null while there is no run.</summary>
    public string? State => Read("state.json", state => state.GetProperty("state").GetString());

    /// <summary>Whether the training's process was started.</summary>
    public bool HasProcess => Read("training.json", _ => "yes") is not null;

    /// <summary>Whether a checkpoint is being written, or was.</summary>
    public bool HasSaved => RootFiles("home/ubuntu/*/checkpoints/epoch_*").Count > 0;

    /// <summary>Whether a checkpoint is in S3.</summary>
    public bool HasUploaded => RootFiles("var/lib/runctl/runs/*/committed.jsonl").Count > 0;

    /// <summary>Whether the run has ended on its instance, and its record in S3 says so, or the instance is gone.</summary>
    public bool IsOver => !IsAlive || (Ended.Contains(State)
        && Read("state.json", state => state.TryGetProperty("record_pending", out var pending) && pending.ValueKind == JsonValueKind.True ? null : "settled") is not null);

    private string? Root => sandbox.Instances.Single(one => one.InstanceId == instanceId).RootDirectory;

    /// <summary>Waits, with a limit, until something is so or the run is over.</summary>
    public async Task ReachAsync(Func<Scene, bool> condition, CancellationToken token)
    {
        var limit = DateTime.UtcNow + Patience;
        while (!condition(this) && !IsOver)
        {
            Assert.True(DateTime.UtcNow < limit, $"Nothing came of {instanceId} in {Patience}: {Tell()}");
            await Task.Delay(10, token);
        }
    }

    /// <summary>Ends the guard as the kernel ends who takes too much memory.</summary>
    public void KillGuard()
    {
        var program = Path.Combine(Root!, "var/lib/runctl/guard");
        foreach (var folder in Directory.GetDirectories("/proc").Where(one => char.IsAsciiDigit(Path.GetFileName(one)[0])))
        {
            var words = Attempt(() => File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries)) ?? [];
            if (words is [.., "guard"] && words.Any(word => word.StartsWith(program, StringComparison.Ordinal)))
            {
                using var guard = Process.GetProcessById(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                guard.Kill();
            }
        }
    }

    /// <summary>What is known of the run, for a failure.</summary>
    public string Tell() => string.Join('\n', ((string[])["var/lib/runctl/runs/*/events.jsonl", "var/lib/runctl/guard.log", "var/lib/runctl/runs/*/log"])
        .SelectMany(RootFiles).Select(path => Attempt(() => File.ReadAllText(path)) ?? ""));

    private string? Read(string name, Func<JsonElement, string?> select) => RootFiles("var/lib/runctl/runs/*/" + name) is [var path, ..]
        ? Attempt(() =>
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            return select(document.RootElement);
        })
        : null;

    private List<string> RootFiles(string pattern) => Root is { } root
        ? pattern.Split('/').Aggregate((List<string>)[root], (found, part) => [.. found.SelectMany(folder => List(folder, part))])
        : [];

    private static string[] List(string folder, string pattern) =>
        Attempt(() => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder, pattern) : []) ?? [];

    /// <summary>Null where the instance's disk goes away while it is read.</summary>
    private static T? Attempt<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
