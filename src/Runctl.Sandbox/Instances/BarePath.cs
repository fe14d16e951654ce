namespace Runctl.Sandbox.Instances;

/// <summary>The host's programs without Python, for images that have none.</summary>
internal static class BarePath
{
    private const string Directory = "usr/bin";

    /// <summary>Links every program of a search path into the root, Python left out.</summary>
    /// <returns>The search path that takes its place.</returns>
    public static string Create(string root, string searchPath)
    {
        var target = System.IO.Directory.CreateDirectory(Path.Combine(root, Directory)).FullName;
        foreach (var program in searchPath.Split(':').Where(System.IO.Directory.Exists).SelectMany(System.IO.Directory.EnumerateFiles))
        {
            var link = Path.Combine(target, Path.GetFileName(program));
            if (!Path.GetFileName(program).StartsWith("python", StringComparison.Ordinal) && !Path.Exists(link))
            {
                File.CreateSymbolicLink(link, program);
            }
        }

        return target;
    }
}
