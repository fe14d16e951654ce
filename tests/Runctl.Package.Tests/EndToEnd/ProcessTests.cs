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

        var shown = sandbox.Show("$run | Get-RunctlProcess -Detailed");
        Assert.Contains("NVIDIA A10G, 87 % busy, 11.0 of 22.5 GiB used, 61 C", shown);
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
    public void Followed_it_ends_with_the_training()
    {
        _project.Write("short.py", "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.1)");
        sandbox.Set("seen", sandbox.PathOn(sandbox.Instance, "tmp/seen"));
        Assert.Empty(sandbox.Start(_project, sandbox.Instance, "-ScriptArgument $seen", "short.py").Errors);
        var seen = sandbox.Run("$run | Get-RunctlProcess -Detailed -Follow -PollInterval 1s | ForEach-Object { [IO.File]::WriteAllText($seen, ''); $_ }").Output;
        Assert.Equal(0, (int)((dynamic)seen[^1].BaseObject).ActiveTrainings);
        Assert.NotEmpty((IEnumerable<object>)((dynamic)seen[0].BaseObject).Processes);
    }

    public void Dispose() => _project.Dispose();

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
