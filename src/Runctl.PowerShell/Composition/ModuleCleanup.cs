using System.Management.Automation;

namespace Runctl.PowerShell.Composition;

/// <summary>Ends what belongs to a session when the module is removed from it.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => RunctlSession.Current.End();
}
