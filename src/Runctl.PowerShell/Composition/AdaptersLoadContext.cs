using System.Reflection;
using System.Runtime.Loader;
using Runctl.Ports;

namespace Runctl.PowerShell.Composition;

/// <summary>Keeps the adapters and the packages they use apart from the session: other modules may bring other versions of them.</summary>
internal sealed class AdaptersLoadContext(string directory) : AssemblyLoadContext("Runctl.Adapters")
{
    private static readonly Assembly Core = typeof(IAdapters).Assembly;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // Types on both sides of the ports must be the same ones.
        if (assemblyName.Name == Core.GetName().Name)
        {
            return Core;
        }

        var path = Path.Combine(directory, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
