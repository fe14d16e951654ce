namespace Runctl.Sandbox.Tests.Instances;

/// <summary>Processes of the host that have a text in their command line.</summary>
internal static class MarkedProcess
{
    /// <summary>How many there are.</summary>
    public static int Count(string mark) => States(mark).Count;

    /// <summary>Their states as /proc has them: R, S, T for stopped ...</summary>
    public static List<char> States(string mark) => [.. Directory.GetDirectories("/proc")
        .Where(directory => int.TryParse(Path.GetFileName(directory), out _))
        .Select(directory => State(directory, mark)).OfType<char>()];

    private static char? State(string directory, string mark)
    {
        try
        {
            if (!File.ReadAllText(directory + "/cmdline").Contains(mark, StringComparison.Ordinal))
            {
                return null;
            }

            var stat = File.ReadAllText(directory + "/stat");
            return stat[stat.LastIndexOf(") ", StringComparison.Ordinal) + 2];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
