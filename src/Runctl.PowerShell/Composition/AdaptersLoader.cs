using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.PowerShell.Composition;

/// <summary>Loads the adapters when they are first needed, never at import.</summary>
internal static class AdaptersLoader
{
    private const string RootType = "Runctl.Adapters.AdaptersRoot";
    private static readonly Lazy<IAdapters> Loaded = new(Load);

    /// <summary>The adapters, the same for the whole process.</summary>
    public static IAdapters Adapters => Loaded.Value;

    private static IAdapters Load()
    {
        var directory = Path.Combine(Path.GetDirectoryName(typeof(AdaptersLoader).Assembly.Location)!, "adapters");
        var path = Path.Combine(directory, "Runctl.Adapters.dll");
        if (!File.Exists(path))
        {
            throw new RunctlException("ModuleIncomplete", ErrorKind.NotFound, $"The module is incomplete: {path} is missing.", path, "Install the module again.");
        }

        var type = new AdaptersLoadContext(directory).LoadFromAssemblyPath(path).GetType(RootType);
        return type is not null && Activator.CreateInstance(type) is IAdapters adapters
            ? adapters
            : throw new RunctlException("ModuleIncomplete", ErrorKind.InvalidData, $"The module is damaged: {path} has no usable {RootType}.", path, "Install the module again.");
    }
}
