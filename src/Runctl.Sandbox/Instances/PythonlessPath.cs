namespace Runctl.Sandbox.Instances;

/// <summary>The host's programs without Python, for an instance whose image has none.</summary>
internal static class PythonlessPath
{
    private const string Place = "usr/host-bin";

    /// <summary>Lays links to the programs below an instance's root, once, and returns their directory.</summary>
    public static string Create(string root, string searchPath)
    {
        var directory = Path.Combine(root, Place);
        if (Directory.Exists(directory))
        {
            return directory;
        }

        Directory.CreateDirectory(directory);
        var programs = searchPath.Split(':').Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)
            .Where(path => !Path.GetFileName(path).StartsWith("python", StringComparison.Ordinal))
            .DistinctBy(Path.GetFileName);
        foreach (var program in programs)
        {
            File.CreateSymbolicLink(Path.Combine(directory, Path.GetFileName(program)), program);
        }

        return directory;
    }
}
