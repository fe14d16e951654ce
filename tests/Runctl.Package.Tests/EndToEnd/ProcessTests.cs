namespace Runctl.Package.Tests.EndToEnd;

/// <summary>What trainings take of their instances, as users see it.</summary>
public sealed class ProcessTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void Processes_machine_and_interruptions_are_shown_while_the_instance_lives_and_events_afterwards()
    {
        var instance = sandbox.Launch();
        Write(instance, "case \"$1\" in *query-gpu*) echo '0, NVIDIA A10G, 87, 11264, 23028, 61' ;; esac\n");
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();

        var main = sandbox.Run("$run | Get-RunctlProcess | Where-Object IsMain").Single;
        Assert.Contains("train.py", (string)main.Command);
        Assert.True(main.Memory > 0);
        Assert.Null(main.GpuMemory);
        Assert.Equal(instance, sandbox.Run($"(Get-RunctlProcess {instance})[0].InstanceId").Single);

        // A sandbox's instances have the memory and the disk of this machine.
        var usage = sandbox.Run("$run | Get-RunctlProcess -Detailed").Single;
        Assert.Equal(MemoryHere(), (long)usage.MemoryTotal);
        Assert.InRange((long)usage.MemoryAvailable, 1, (long)usage.MemoryTotal);
        var disk = Assert.Single((IEnumerable<dynamic>)usage.Disks);
        Assert.StartsWith(sandbox.PathOn(instance, ""), (string)disk.Path, StringComparison.Ordinal);
        Assert.Equal(new DriveInfo(sandbox.Directory).TotalSize, (long)disk.Size);
        Assert.InRange((long)disk.Free, 1, (long)disk.Size);

        var shown = sandbox.Show("$run | Get-RunctlProcess -Detailed");
        Assert.Contains("NVIDIA A10G, 87 % busy, 11 GiB of 22.5 GiB used, 61 °C", shown);
        Assert.Contains("No interruption events", shown);
        Assert.Contains("train.py", shown);

        Write(instance, "exit 9\n");
        Assert.Null(sandbox.Run("($run | Get-RunctlProcess -Detailed).Gpus").Output.SingleOrDefault());

        Assert.Empty(sandbox.Run("$null = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms").Errors);
        var after = sandbox.Run("$run | Get-RunctlProcess -Detailed").Single;
        Assert.Contains("InterruptionHandled", ((IEnumerable<object>)after.Events).Select(e => (string)((dynamic)e).Kind));
        Assert.Empty(after.Processes);
        Assert.Equal("InstanceGone", sandbox.Run("$run | Get-RunctlProcess").ErrorId);
    }

    [Fact]
    public void Followed_it_shows_what_a_busy_training_takes_and_ends_with_it()
    {
        _project.Write("short.py", "import os, sys\nwhile not os.path.exists(sys.argv[1]): pass");
        sandbox.Set("seen", sandbox.PathOn(sandbox.Instance, "tmp/seen"));
        Assert.Empty(sandbox.Start(_project, sandbox.Instance, "-ScriptArgument $seen", "short.py").Errors);
        var seen = sandbox.Run("$run | Get-RunctlProcess -Detailed -Follow -PollInterval 1s | ForEach-Object { [IO.File]::WriteAllText($seen, ''); $_ }").Output;
        Assert.Equal(0, (int)((dynamic)seen[^1].BaseObject).ActiveTrainings);
        var main = ((IEnumerable<dynamic>)((dynamic)seen[0].BaseObject).Processes).Single(process => process.IsMain);
        Assert.True((double)main.CpuPercent > 0 && (TimeSpan)main.CpuTime > TimeSpan.Zero, $"{main.CpuPercent} %, {main.CpuTime}");
    }

    public void Dispose() => _project.Dispose();

    private static long MemoryHere() =>
        1024 * long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);

    private void Write(string instance, string script)
    {
        var path = sandbox.PathOn(instance, "usr/local/bin/nvidia-smi");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#!/bin/sh\n" + script);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }
    }
}
