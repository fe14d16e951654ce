using System.Globalization;

namespace Runctl.Sandbox.Instances;

/// <summary>A process of the host as /proc shows it. Its start time tells it from a later process of the same id.</summary>
internal readonly record struct ProcessEntry(int Id, char State, int ParentId, int SessionId, ulong StartTime)
{
    private const int StateField = 0;
    private const int ParentField = 1;
    private const int SessionField = 3;
    private const int StartTimeField = 19;

    /// <summary>Whether the process has ended and only waits for its parent to notice.</summary>
    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>Whether a signal or a debugger has stopped it.</summary>
    public bool IsStopped => State is 'T' or 't';

    /// <summary>Whether it waits in the kernel, for a disk or for what it started, and no signal reaches it before that is over.</summary>
    public bool IsUninterruptible => State is 'D';

    /// <summary>Whether the id still is this process's; it may have passed to a stranger.</summary>
    public bool IsStillThere => TryRead(Id) is { } now && now.StartTime == StartTime;

    /// <summary>All processes that the caller can see.</summary>
    public static IReadOnlyList<ProcessEntry> ReadAll()
    {
        var entries = new List<ProcessEntry>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && TryRead(id) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>One process, or null where it is gone.</summary>
    public static ProcessEntry? TryRead(int id)
    {
        if (ReadText(id, "stat") is not { } stat || stat.LastIndexOf(") ", StringComparison.Ordinal) is var end && end < 0)
        {
            return null;
        }

        // The name in parentheses may hold anything, blanks and parentheses too; after its last one the fields are plain.
        var fields = stat[(end + 2)..].Split(' ');
        return new ProcessEntry(
            id,
            fields[StateField][0],
            int.Parse(fields[ParentField], CultureInfo.InvariantCulture),
            int.Parse(fields[SessionField], CultureInfo.InvariantCulture),
            ulong.Parse(fields[StartTimeField], CultureInfo.InvariantCulture));
    }

    /// <summary>Whether the process was started with this <c>NAME=value</c>; false where it is not ours to read.</summary>
    public bool HasEnvironment(string variable) =>
        ReadText(Id, "environ") is { } environment && environment.Split('\0').Contains(variable, StringComparer.Ordinal);

    /// <summary>The PID namespace that the process is in; null where it is not ours to read.</summary>
    public string? Namespace
    {
        get
        {
            try
            {
                return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/ns/pid")).LinkTarget;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>Of all processes those that are in <paramref name="ours"/>, and whoever descends from one, by parent or by session.</summary>
    public static HashSet<ProcessEntry> Family(IReadOnlyCollection<ProcessEntry> all, IEnumerable<ProcessEntry> ours)
    {
        var family = ours.ToHashSet();
        int before;
        do
        {
            before = family.Count;
            var ids = family.Select(entry => entry.Id).ToHashSet();
            family.UnionWith(all.Where(entry => ids.Contains(entry.ParentId) || ids.Contains(entry.SessionId)));
        }
        while (family.Count > before);

        return family;
    }

    private static string? ReadText(int id, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended in the meantime (ESRCH, ENOENT), or belongs to somebody else and so not to the sandbox.
            return null;
        }
    }
}
