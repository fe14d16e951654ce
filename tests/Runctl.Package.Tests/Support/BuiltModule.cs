using System.Management.Automation.Language;

namespace Runctl.Package.Tests.Support;

/// <summary>Where the staged module is.</summary>
internal static class BuiltModule
{
    private static readonly string Root = FindRoot();

    /// <summary>The module's directory.</summary>
    public static string Directory { get; } = System.IO.Directory.EnumerateDirectories(Path.Combine(Root, "out", "Runctl"))
        .Where(path => Version.TryParse(Path.GetFileName(path), out _))
        .MaxBy(path => Version.Parse(Path.GetFileName(path)))!;

    /// <summary>The module's manifest.</summary>
    public static string Manifest => Path.Combine(Directory, "Runctl.psd1");

    /// <summary>The manifest's entries.</summary>
    public static System.Collections.Hashtable ReadManifest() =>
        (System.Collections.Hashtable)((HashtableAst)Parser.ParseFile(Manifest, out _, out _).Find(ast => ast is HashtableAst, searchNestedScriptBlocks: false)!).SafeGetValue();

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Runctl.psd1")) && File.Exists(Path.Combine(directory.FullName, "global.json")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("The repository is not above the tests.");
    }
}
