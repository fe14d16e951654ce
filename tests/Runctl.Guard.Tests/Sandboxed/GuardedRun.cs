using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runctl.Ports;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>A training on an instance of the sandbox, seen from outside: by its files, its processes and the guard's commands.</summary>
public sealed class GuardedRun(GuardSandbox sandbox, string id, string instanceId, string project) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly byte[] _mark = Encoding.UTF8.GetBytes($"RUNCTL_RUN_ID={id}\0");

    public GuardSandbox Sandbox { get; } = sandbox;

    public string Id { get; } = id;

    public string InstanceId { get; } = instanceId;

    public string Bucket { get; init; } = sandbox.Sandbox.Bucket;

    public string Root { get; } = sandbox.Sandbox.Instances.Single(one => one.InstanceId == instanceId).RootDirectory!;

    public string Project => Path.Combine(Root, "home/ubuntu", project);

    public string GuardHome => Path.Combine(Root, "var/lib/runctl");

    public string Prefix => $"checkpoints/spot-interruptions/{InstanceId}/checkpoints/";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() =>
        // A training that goes on would only take time from the other tests.
        await Sandbox.Cloud.Instances.TerminateAsync([InstanceId], CancellationToken.None);

    /// <summary>Waits, with a limit, for what is to become true.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, Func<string> what)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "Not within the time: " + what());
            await Task.Delay(40, Ct);
        }
    }

    /// <summary>Calls the guard over SSM.</summary>
    public Task<GuardReply> CallAsync(params string[] arguments) => CallAsync(null, arguments);

    /// <summary>Calls the guard with something to read.</summary>
    public async Task<GuardReply> CallAsync(object? input, string[] arguments)
    {
        var envelope = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new { argv = arguments, stdin = input }));
        var outcome = await ShellAsync($"exec python3 -IBS \"$RUNCTL_ROOT\"/var/lib/runctl/guard/*.pyz '@{envelope}'");
        try
        {
            // One line, and it is JSON, whatever the outcome.
            using var document = JsonDocument.Parse(outcome.Output);
            Assert.Equal(1, outcome.Output.Count(c => c == '\n'));
            return new GuardReply(outcome.ExitCode, document.RootElement.Clone());
        }
        catch (JsonException)
        {
            Assert.Fail($"{outcome.ExitCode}: {outcome.Output}{outcome.Error}");
            throw;
        }
    }

    /// <summary>Runs a script on the instance as root.</summary>
    public async Task<CommandOutcome> ShellAsync(string script)
    {
        var commands = Sandbox.Cloud.Commands;
        var id = await commands.SendAsync(new ShellCommand([InstanceId], script, TimeSpan.FromSeconds(90), "test"), Ct);
        CommandOutcome? outcome;
        var deadline = DateTime.UtcNow + Patience;
        while ((outcome = await commands.GetOutcomeAsync(id, InstanceId, Ct)) is not { IsFinal: true })
        {
            Assert.True(DateTime.UtcNow < deadline, "The command did not end: " + script);
            await Task.Delay(100, Ct);
        }

        return outcome;
    }

    /// <summary>The events on the instance's disk, as far as they are whole.</summary>
    public IReadOnlyList<JsonElement> Events()
    {
        var text = Read(Path.Combine(GuardHome, "runs", Id, "events.jsonl"));
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    public JsonElement? Find(string kind, Func<JsonElement, bool>? condition = null) => Events()
        .Where(e => e.GetProperty("kind").GetString() == kind && (condition?.Invoke(Data(e)) ?? true))
        .Select(e => (JsonElement?)e).FirstOrDefault();

    /// <summary>Waits for an event and returns its data.</summary>
    public async Task<JsonElement> WaitForAsync(string kind, Func<JsonElement, bool>? condition = null)
    {
        JsonElement? found = null;
        await EventuallyAsync(() => (found = Find(kind, condition)) is not null, () => $"{kind}; there are\n{Tell()}");
        return Data(found!.Value);
    }

    /// <summary>How many events of a kind there are.</summary>
    public int CountOf(string kind) => Events().Count(e => e.GetProperty("kind").GetString() == kind);

    /// <summary>Waits for a line the training prints when it is where the test wants it.</summary>
    public Task PrintedAsync(string line) => EventuallyAsync(() => Log().Split('\n').Contains(line), Tell);

    /// <summary>Gives the training notice and waits until it was dealt with.</summary>
    public async Task<JsonElement> InterruptAsync(double windowSeconds = 40)
    {
        await Sandbox.Sandbox.InterruptAsync(InstanceId, TimeSpan.FromSeconds(windowSeconds));
        return await WaitForAsync("InterruptionHandled");
    }

    /// <summary>The guard's process as its own machine numbers it; null where none has told of itself.</summary>
    public int? GuardPid()
    {
        var text = Read(Path.Combine(GuardHome, "guard.json"));
        return text.Length == 0 ? null : Parse(text).GetProperty("pid").GetInt32();
    }

    /// <summary>Ends the guard without a word, and waits for the one that follows.</summary>
    public async Task ReplaceGuardAsync()
    {
        var before = GuardPid();
        Assert.Equal(0, (await ShellAsync($"kill -9 {before}")).ExitCode);
        await EventuallyAsync(() => GuardPid() is { } now && now != before, Tell);
    }

    /// <summary>Has its notice count as withdrawn at once: five minutes are long in a test.</summary>
    public async Task LetItCountAsWithdrawnAsync()
    {
        var path = Path.Combine(GuardHome, "runs", Id, "spec.json");
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(path, Ct))!;
        spec["policy"]!["withdrawn_seconds"] = -60;
        await File.WriteAllTextAsync(path + ".new", spec.ToJsonString(), Ct);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>What S3 holds below the instance's prefix.</summary>
    public async Task<List<string>> KeysAsync()
    {
        var keys = new List<string>();
        await foreach (var entry in Sandbox.Cloud.Objects.ListAsync(Bucket, Prefix, Ct))
        {
            keys.Add(entry.Key[Prefix.Length..]);
        }

        return keys;
    }

    /// <summary>An object below the instance's prefix.</summary>
    public async Task<byte[]> BodyAsync(string name) =>
        (await Sandbox.Cloud.Objects.ReadAsync(Bucket, Prefix + name, Ct))!.Content.ToArray();

    /// <summary>The text of all events of this run that are in S3.</summary>
    public async Task<string> ShippedAsync()
    {
        var text = new StringBuilder();
        await foreach (var entry in Sandbox.Cloud.Objects.ListAsync(Bucket, $"checkpoints/runctl/runs/{Id}/events/", Ct))
        {
            text.Append(Encoding.UTF8.GetString((await Sandbox.Cloud.Objects.ReadAsync(Bucket, entry.Key, Ct))!.Content.Span));
        }

        return text.ToString();
    }

    /// <summary>Waits until S3 has the end of the run.</summary>
    public Task SettledAsync() => EventuallyAsync(() => State().TryGetProperty("record_pending", out var pending) && !pending.GetBoolean(), Tell);

    /// <summary>The run's record in S3.</summary>
    public async Task<JsonElement> RecordAsync() =>
        Parse(Encoding.UTF8.GetString((await Sandbox.Cloud.Objects.ReadAsync(Bucket, $"checkpoints/runctl/runs/{Id}/run.json", Ct))!.Content.Span));

    /// <summary>The manifests in S3, oldest save first.</summary>
    public async Task<List<JsonElement>> ManifestsAsync()
    {
        var found = new List<JsonElement>();
        foreach (var key in (await KeysAsync()).Where(key => key.EndsWith(".manifest.json", StringComparison.Ordinal)))
        {
            found.Add(Parse(Encoding.UTF8.GetString(await BodyAsync(key))));
        }

        return [.. found.OrderBy(one => one.GetProperty("saved_at").GetString(), StringComparer.Ordinal)];
    }

    /// <summary>Everything that is known, for a failure.</summary>
    public string Tell() => string.Join('\n', Events().Select(e => e.GetRawText()))
        + "\n" + Read(Path.Combine(GuardHome, "guard.log")) + "\n" + Log();

    public string Log() => Read(Path.Combine(GuardHome, "runs", Id, "log"));

    public JsonElement State() => Parse(Read(Path.Combine(GuardHome, "runs", Id, "state.json")));

    /// <summary>A file of the project; empty where there is none.</summary>
    public string ReadProject(string name) => Read(Path.Combine(Project, name));

    /// <summary>The living processes of the training, whatever sessions and parents they have by now.</summary>
    public IReadOnlyList<int> Processes() => [.. Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
        .Where(pid => pid > 0 && IsOurs(pid))];

    public static JsonElement Data(JsonElement runctlEvent) => runctlEvent.GetProperty("data");

    private bool IsOurs(int pid)
    {
        try
        {
            // A zombie has no environment any more.
            return File.ReadAllBytes($"/proc/{pid}/environ").AsSpan().IndexOf(_mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
