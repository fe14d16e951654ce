using System.Runtime.CompilerServices;

namespace Runctl.Package.Tests.Support;

/// <summary>Test classes run side by side in one process, each with a session and a sandbox of its own: what is the default in one must not be it in another.</summary>
internal static class SeparateSessions
{
    [ModuleInitializer]
    public static void Begin() => AppContext.SetSwitch("Runctl.DefaultSandboxPerSession", true);
}
