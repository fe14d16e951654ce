using System.Runtime.CompilerServices;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Instances;

/// <summary>Another life of the test program: a process that hosts a sandbox until it is killed.</summary>
internal static class HostToBeKilled
{
    public const string Variable = "RUNCTL_TEST_HOST_TO_BE_KILLED";

#pragma warning disable CA2255 // The runner's own entry point must not run in this life.
    [ModuleInitializer]
    internal static void Begin()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } mode)
        {
            RunAsync(mode == "namespaces").GetAwaiter().GetResult();
        }
    }
#pragma warning restore CA2255

    private static async Task RunAsync(bool namespaces)
    {
        var sandbox = await RunningSandbox.StartAsync(namespaces);
        var id = await sandbox.LaunchAsync();
        var mark = $"runctl-test-{Guid.NewGuid():N}";
        await sandbox.RunAsync(id, $"setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 0.2; done' {mark} >/dev/null 2>&1 </dev/null &");
        Console.WriteLine(sandbox.Sandbox.Directory);
        Console.WriteLine(mark);
        await Task.Delay(Timeout.Infinite);
    }
}
