using System.Collections.Concurrent;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>The sandboxes of this process, each with the session that started it, and which of them is in use by default.</summary>
internal static class RunningSandboxes
{
    /// <summary>A switch for programs that host sessions of different users: each then sees only the defaults that it has made itself.</summary>
    private const string PerSessionSwitch = "Runctl.DefaultSandboxPerSession";

    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<Uri, Entry> Entries = new();

    /// <summary>Where sandboxes were: objects of theirs are still in variables.</summary>
    private static readonly ConcurrentDictionary<Uri, bool> Stopped = new();
    private static readonly object Gate = new();
    private static readonly List<(RunctlSandbox Sandbox, RunctlSession By)> Defaults = [];
    private static long _lastNumber;

    static RunningSandboxes() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        BackgroundWork.WaitBeforeExit(Task.WhenAny(Task.WhenAll(Entries.Keys.Select(endpoint => Task.Run(() => StopAsync(endpoint)))), Task.Delay(ExitPatience)));

    /// <summary>The newest sandbox of the process, or null.</summary>
    public static RunctlSandbox? Newest => Entries.Values.MaxBy(entry => entry.Number)?.Sandbox;

    /// <summary>Keeps a sandbox until it is stopped.</summary>
    public static void Add(RunctlSandbox sandbox, IAsyncDisposable server, RunctlSession owner) =>
        Entries[sandbox.EndpointUrl] = new Entry(sandbox, server, owner, Interlocked.Increment(ref _lastNumber));

    /// <summary>The sandbox at an endpoint, or null.</summary>
    public static RunctlSandbox? Find(Uri endpoint) => Entries.TryGetValue(endpoint, out var entry) ? entry.Sandbox : null;

    /// <summary>The sandbox at an endpoint; null if it is none of this process.</summary>
    /// <exception cref="Runctl.Errors.RunctlException">There was one, and it has been stopped.</exception>
    public static RunctlSandbox? Require(Uri endpoint) => Find(endpoint) ?? (Stopped.ContainsKey(endpoint) ? throw CommandErrors.SandboxStopped(endpoint) : null);

    /// <summary>What runs at an endpoint, or null. Of a type that does not load the sandbox's assembly.</summary>
    public static IAsyncDisposable? ServerOf(Uri endpoint) => Entries.TryGetValue(endpoint, out var entry) ? entry.Server : null;

    /// <summary>The sandboxes a session started, the oldest first.</summary>
    public static IReadOnlyList<RunctlSandbox> Of(RunctlSession owner) =>
        [.. Entries.Values.Where(entry => entry.Owner == owner).OrderBy(entry => entry.Number).Select(entry => entry.Sandbox)];

    /// <summary>All sandboxes of the process, the oldest first.</summary>
    public static IReadOnlyList<RunctlSandbox> All => [.. Entries.Values.OrderBy(entry => entry.Number).Select(entry => entry.Sandbox)];

    /// <summary>The sandbox that a session uses if nothing else is given: the newest that it has made its default itself, else the newest of the process; or null.</summary>
    public static RunctlSandbox? DefaultOf(RunctlSession session)
    {
        lock (Gate)
        {
            var own = Defaults.FindLastIndex(made => made.By == session);
            var index = own >= 0 ? own : AppContext.TryGetSwitch(PerSessionSwitch, out var isPerSession) && isPerSession ? -1 : Defaults.Count - 1;
            return index < 0 ? null : Defaults[index].Sandbox;
        }
    }

    /// <summary>Makes a sandbox the default; when it stops, the one before it is the default again.</summary>
    public static void MakeDefault(RunctlSandbox sandbox, RunctlSession by)
    {
        lock (Gate)
        {
            Defaults.RemoveAll(made => made == (sandbox, by));
            Defaults.Add((sandbox, by));
        }
    }

    /// <summary>Makes a sandbox a default of no session any more.</summary>
    public static void EndDefault(RunctlSandbox sandbox)
    {
        lock (Gate)
        {
            Defaults.RemoveAll(made => made.Sandbox == sandbox);
        }
    }

    /// <summary>Ends a sandbox and everything in it.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> StopAsync(Uri endpoint)
    {
        if (!Entries.TryRemove(endpoint, out var entry))
        {
            return false;
        }

        Stopped[endpoint] = true;
        EndDefault(entry.Sandbox);
        await entry.Owner.EndMonitorsAsync(endpoint).ConfigureAwait(false);
        await entry.Server.DisposeAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>Ends the sandboxes a session started.</summary>
    public static async Task StopAsync(RunctlSession owner)
    {
        foreach (var sandbox in Of(owner))
        {
            await StopAsync(sandbox.EndpointUrl).ConfigureAwait(false);
        }
    }

    private sealed record Entry(RunctlSandbox Sandbox, IAsyncDisposable Server, RunctlSession Owner, long Number);
}
