namespace Runctl.Code;

/// <summary>Everything below a directory.</summary>
internal static class FileTree
{
    /// <summary>Paths of all that is no directory, relative with forward slashes, sorted. Links are listed and never followed; a directory that cannot be read is listed as one entry.</summary>
    public static IEnumerable<string> List(string directory) => Walk(directory, "").Order(StringComparer.Ordinal);

    private static IEnumerable<string> Walk(string directory, string prefix)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(directory).ToList())
        {
            var path = prefix + Path.GetFileName(entry);
            if (Entries.KindOf(entry) != EntryKind.Directory || !CanBeRead(entry))
            {
                yield return path;
                continue;
            }

            foreach (var below in Walk(entry, path + "/"))
            {
                yield return below;
            }
        }
    }

    private static bool CanBeRead(string directory)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(directory).Any();
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }
}
