using System.Management.Automation;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Sandboxes;

namespace Runctl.PowerShell.Composition;

/// <summary>Ends what belongs to a session when the module is removed from it.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        var session = RunctlSession.Current;

        // Not on this thread: nothing may wait for it, and it has no context of ours.
        var ending = Task.Run(async () =>
        {
            await session.CloseAsync();
            await RunningSandboxes.StopAsync(session);
        });
        BackgroundWork.Track(ending);
    }
}
