namespace Runctl.Sandbox.Instances;

/// <summary>Runs a user data script once, at the first boot, as cloud-init does.</summary>
internal static class UserDataScript
{
    /// <summary>Runs it to its end; its output goes to cloud-init's log.</summary>
    public static async Task RunAsync(Machine machine, byte[]? userData, bool firstBoot, CancellationToken ct)
    {
        if (!firstBoot || userData is null || !userData.AsSpan().StartsWith("#!"u8) || machine.Processes is not { } processes)
        {
            return;
        }

        var path = Path.Combine(machine.Root, "var/lib/cloud/instance/user-data.sh");
        ExecutableFile.Write(path, userData);
        var log = Path.Combine(machine.Root, "var/log/cloud-init-output.log");
        using var process = await processes.StartAsync(machine.Root, "sh", "-c", "\"$0\" >\"$1\" 2>&1", path, log).ConfigureAwait(false);
        await process.Exited.WaitAsync(ct).ConfigureAwait(false);
    }
}
