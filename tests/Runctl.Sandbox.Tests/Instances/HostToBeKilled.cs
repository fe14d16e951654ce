using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Instances;

/// <summary>Another life of the test program: run alone and told so, it hosts a sandbox until it is killed.</summary>
public sealed class HostToBeKilled
{
    public const string Mode = "RUNCTL_TEST_HOST_MODE";
    public const string Hibernates = "RUNCTL_TEST_HOST_HIBERNATES";
    public const string Report = "RUNCTL_TEST_HOST_REPORT";

    [Fact]
    public async Task Hosts_a_sandbox_until_it_is_killed()
    {
        var mode = Environment.GetEnvironmentVariable(Mode);
        Assert.SkipWhen(mode is null, "Only the test of a killed host runs this, in a process of its own.");
        var sandbox = await RunningSandbox.StartAsync(mode == "namespaces");
        var id = await sandbox.LaunchAsync();
        var mark = $"runctl-test-{Guid.NewGuid():N}";
        await sandbox.RunAsync(id, $"setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 0.2; done' {mark} >/dev/null 2>&1 </dev/null &");
        if (Environment.GetEnvironmentVariable(Hibernates) is not null)
        {
            // One that somebody waits for, too.
            var waited = Path.Combine(sandbox.RootOf(id), "tmp/waited");
            await sandbox.SendAsync(id, $"touch $RUNCTL_ROOT/tmp/waited; sh -c 'while :; do sleep 0.2; done' {mark}");
            await Eventually.TrueAsync(() => File.Exists(waited));
            await sandbox.TakeAsync(id, "hibernate");
        }

        var report = Environment.GetEnvironmentVariable(Report)!;
        var token = TestContext.Current.CancellationToken;
        await File.WriteAllLinesAsync(report + ".new", [sandbox.Sandbox.Directory, mark], token);
        File.Move(report + ".new", report);
        await Task.Delay(TimeSpan.FromSeconds(60), token);
    }
}
