namespace Runctl.Host;

/// <summary>Finds the built module.</summary>
internal static class ModuleLocator
{
    /// <summary>The manifest of the newest version in <c>out/Runctl</c> of the directory or one above it, or null.</summary>
    public static string? Find(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            var modules = new DirectoryInfo(Path.Combine(current.FullName, "out", "Runctl"));
            if (!modules.Exists)
            {
                continue;
            }

            var newest = modules.EnumerateDirectories()
                .Where(folder => Version.TryParse(folder.Name, out _) && File.Exists(Path.Combine(folder.FullName, "Runctl.psd1")))
                .MaxBy(folder => Version.Parse(folder.Name));
            if (newest is not null)
            {
                return Path.Combine(newest.FullName, "Runctl.psd1");
            }
        }

        return null;
    }
}
