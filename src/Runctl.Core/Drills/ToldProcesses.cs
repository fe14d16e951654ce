using System.Text.Json;
using Runctl.Events;

namespace Runctl.Drills;

/// <summary>Which processes were told to stop, from the events of a guard.</summary>
internal static class ToldProcesses
{
    /// <summary>All that the guard told, and each trainer whether told or not.</summary>
    public static IReadOnlyList<RunctlToldProcess> Of(IReadOnlyList<RunctlEvent> events)
    {
        var found = new SortedDictionary<int, RunctlToldProcess>();
        var leftAlone = new HashSet<int>();
        var killed = new HashSet<int>();
        foreach (var signalled in events.Where(e => e.Kind == EventKinds.TrainingSignalled))
        {
            foreach (var data in EventData.Items(signalled, "processes"))
            {
                if (EventData.Number(data, "pid") is { } pid)
                {
                    found[(int)pid] = Process(data, (int)pid, EventData.Text(data, "role")).With(copy => copy.Told = true);
                }
            }

            foreach (var pid in Numbers(signalled.Details, "pids").Where(pid => !found.ContainsKey(pid)))
            {
                found[pid] = new RunctlToldProcess(pid, null, null) { Told = true };
            }

            // A trainer that works for another one is told by that.
            leftAlone.UnionWith(EventData.Items(signalled, "others").Where(data => EventData.Text(data, "act") == "alone").SelectMany(data => Numbers(data, "pids")));
        }

        foreach (var item in events.Where(e => e.Kind is EventKinds.TrainingExited or EventKinds.TrainingKilled))
        {
            foreach (var data in EventData.Items(item, "trainers"))
            {
                if (EventData.Number(data, "pid") is not { } number || leftAlone.Contains((int)number))
                {
                    continue;
                }

                var pid = (int)number;
                var known = found.GetValueOrDefault(pid);
                var after = EventData.Seconds(data, "told_after");
                found[pid] = Process(data, pid, known?.Role ?? "trainer").With(copy =>
                {
                    copy.Reason = EventData.Text(data, "reason") ?? known?.Reason;
                    copy.Told = after is not null || known is { Told: true };
                    copy.ToldAfter = after;
                    copy.Through = (int?)EventData.Number(data, "through");
                    copy.Killed = EventData.Flag(data, "killed") == true;
                });
            }

            if (item.Kind == EventKinds.TrainingKilled)
            {
                killed.UnionWith(Numbers(item.Details, "pids"));
            }
        }

        return [.. found.Values.Select(one => one.With(copy => copy.Killed = one.Killed || killed.Contains(one.ProcessId)))];
    }

    private static RunctlToldProcess Process(JsonElement data, int pid, string? role) =>
        new(pid, EventData.Text(data, "command"), role) { Reason = EventData.Text(data, "reason"), Handles = EventData.Flag(data, "handles") };

    private static IEnumerable<int> Numbers(JsonElement data, string name) =>
        EventData.Member(data, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out _)).Select(e => e.GetInt32()) : [];
}
