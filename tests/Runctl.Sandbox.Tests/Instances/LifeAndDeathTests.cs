using System.Diagnostics;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Instances;

public sealed class LifeAndDeathTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_deadline_kills_daemons_and_those_that_ignore_sigterm_and_removes_the_root(bool namespaces)
    {
        await using var sandbox = await RunningSandbox.StartAsync(namespaces);
        var id = await sandbox.LaunchAsync();
        var mark = $"runctl-test-{Guid.NewGuid():N}";
        var answer = await sandbox.RunAsync(id,
            $"setsid sh -c 'trap \"\" TERM; while :; do sleep 0.2; done' {mark} >/dev/null 2>&1 </dev/null &\n"
            // Without a namespace, an orphan that cleared its environment cannot be told from a stranger.
            + $"{(namespaces ? "env -i " : "")}setsid sh -c 'sleep 300' {mark} >/dev/null 2>&1 </dev/null &");
        Assert.Equal("Success", answer.Status.Value);
        await Eventually.TrueAsync(() => MarkedProcess.Count(mark) >= 2);
        var root = sandbox.RootOf(id);
        await sandbox.Sandbox.InterruptAsync(id, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => sandbox.Sandbox.Instances.Single().State == "terminated");
        Assert.Equal(0, MarkedProcess.Count(mark));
        Assert.False(Directory.Exists(root));
    }

    [Fact]
    public async Task Two_sandboxes_do_not_disturb_each_other_and_nothing_is_left()
    {
        await using var first = await RunningSandbox.StartAsync();
        var id = await first.LaunchAsync();
        string directory;
        await using (var second = await RunningSandbox.StartAsync())
        {
            directory = second.Sandbox.Directory;
            await second.RunAsync(await second.LaunchAsync(), "setsid sleep 300 >/dev/null 2>&1 </dev/null &");
        }

        Assert.False(Directory.Exists(directory));
        Assert.Equal("alive\n", (await first.RunAsync(id, "echo alive")).StandardOutputContent);
    }

    [Fact]
    public async Task It_starts_in_seconds()
    {
        var watch = Stopwatch.StartNew();
        await using var sandbox = await RunctlSandbox.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_host_that_is_killed_leaves_no_process_and_no_directory_even_of_what_hibernates(bool namespaces, bool hibernates)
    {
        var report = Path.Combine(Path.GetTempPath(), $"runctl-host-{Guid.NewGuid():N}");
        string[] command = [typeof(LifeAndDeathTests).Assembly.Location, "--filter-class", typeof(HostToBeKilled).FullName!];
        var start = new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[HostToBeKilled.Mode] = namespaces ? "namespaces" : "marked";
        start.Environment[HostToBeKilled.Report] = report;
        if (hibernates)
        {
            start.Environment[HostToBeKilled.Hibernates] = "yes";
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var host = Process.Start(start)!;
        await Eventually.TrueAsync(() => File.Exists(report));
        var lines = await File.ReadAllLinesAsync(report, TestContext.Current.CancellationToken);
        File.Delete(report);
        var (directory, mark) = (lines[0], lines[1]);
        Assert.True(Directory.Exists(directory));
        Assert.True(MarkedProcess.Count(mark) >= 1);
        host.Kill();
        await Eventually.TrueAsync(() => !Directory.Exists(directory) && MarkedProcess.Count(mark) == 0 && MarkedProcess.Count(directory) == 0);
    }
}
