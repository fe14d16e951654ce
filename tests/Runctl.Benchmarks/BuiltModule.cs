namespace Runctl.Benchmarks;

/// <summary>Finds the module that the build staged.</summary>
internal static class BuiltModule
{
    public static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var staged = Path.Combine(directory.FullName, "out", "Runctl");
            if (Directory.Exists(staged))
            {
                return Directory.EnumerateFiles(staged, "Runctl.psd1", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
            }
        }

        throw new FileNotFoundException("There is no out/Runctl; build first.");
    }
}
