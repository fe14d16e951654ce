namespace Runctl.Configuration;

/// <summary>Where configuration files are looked for.</summary>
internal static class ConfigurationLocator
{
    /// <summary>Name of the file in a project.</summary>
    public const string FileName = ".runctl.toml";

    /// <summary>The file in force for a directory, or null: upwards first, then the user's own.</summary>
    public static string? Find(string directory, Func<string, string?> environment)
    {
        for (var parent = new DirectoryInfo(directory); parent is not null; parent = parent.Parent)
        {
            var path = Path.Combine(parent.FullName, FileName);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return UserFiles(environment).FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> UserFiles(Func<string, string?> environment)
    {
        if (environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg)
        {
            yield return Path.Combine(xdg, "runctl", "runctl.toml");
        }

        if (environment("HOME") is { Length: > 0 } home)
        {
            yield return Path.Combine(home, ".config", "runctl", "runctl.toml");
        }

        if (environment("APPDATA") is { Length: > 0 } appData)
        {
            yield return Path.Combine(appData, "runctl", "runctl.toml");
        }
    }
}
