namespace Runctl.PowerShell.Training;

/// <summary>Finds the project a script belongs to.</summary>
internal static class ProjectLocator
{
    private const string ConfigurationFile = ".runctl.toml";
    private const string GitDirectory = ".git";

    /// <summary>The nearest directory from the script upwards with a configuration file, else the top of its git work tree, else the current location.</summary>
    /// <param name="script">Absolute path of the script.</param>
    /// <param name="current">The current location.</param>
    public static string Find(string script, string current)
    {
        var upwards = Upwards(Path.GetDirectoryName(script)).ToList();
        return upwards.Find(directory => File.Exists(Path.Combine(directory, ConfigurationFile)))
            // In a linked work tree it is a file.
            ?? upwards.Find(directory => Path.Exists(Path.Combine(directory, GitDirectory)))
            ?? current;
    }

    private static IEnumerable<string> Upwards(string? directory)
    {
        for (; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            yield return directory;
        }
    }
}
