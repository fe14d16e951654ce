using System.Collections.Concurrent;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>The sandboxes of this process, each with the session that started it.</summary>
internal static class RunningSandboxes
{
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<Uri, Entry> Entries = new();
    private static readonly ConcurrentDictionary<Uri, bool> Stopped = new();

    static RunningSandboxes() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        Task.WhenAll(Entries.Keys.Select(endpoint => Task.Run(() => StopAsync(endpoint)))).Wait(ExitPatience);

    /// <summary>Keeps a sandbox until it is stopped.</summary>
    public static void Add(RunctlSandbox sandbox, IAsyncDisposable server, RunctlSession owner) => Entries[sandbox.EndpointUrl] = new Entry(sandbox, server, owner);

    /// <summary>The sandbox at an endpoint, or null.</summary>
    public static RunctlSandbox? Find(Uri endpoint) => Entries.TryGetValue(endpoint, out var entry) ? entry.Sandbox : null;

    /// <summary>Whether a sandbox of this process was at an endpoint, and is there no more.</summary>
    public static bool WasStopped(Uri endpoint) => Stopped.ContainsKey(endpoint) && !Entries.ContainsKey(endpoint);

    /// <summary>What runs at an endpoint, or null. Of a type that does not load the sandbox's assembly.</summary>
    public static IAsyncDisposable? ServerOf(Uri endpoint) => Entries.TryGetValue(endpoint, out var entry) ? entry.Server : null;

    /// <summary>The sandboxes a session started.</summary>
    public static IReadOnlyList<RunctlSandbox> Of(RunctlSession owner) => [.. Entries.Values.Where(entry => entry.Owner == owner).Select(entry => entry.Sandbox)];

    /// <summary>Ends a sandbox and everything in it.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> StopAsync(Uri endpoint)
    {
        if (!Entries.TryRemove(endpoint, out var entry))
        {
            return false;
        }

        Stopped[endpoint] = true;
        if (entry.Owner.DefaultSandbox == entry.Sandbox)
        {
            entry.Owner.DefaultSandbox = null;
        }

        entry.Sandbox.IsDefault = false;
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

    private sealed record Entry(RunctlSandbox Sandbox, IAsyncDisposable Server, RunctlSession Owner);
}
