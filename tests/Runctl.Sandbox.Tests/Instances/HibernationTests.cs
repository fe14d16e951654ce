using System.Globalization;
using System.Net;
using Amazon.SimpleSystemsManagement.Model;
using Runctl.Sandbox.Tests.Imds;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Instances;

/// <summary>What hibernates keeps its memory: its processes stand still and go on where they were.</summary>
public sealed class HibernationTests
{
    // Long enough for every process of these tests to have shown that it runs.
    private static readonly TimeSpan AWhile = TimeSpan.FromMilliseconds(500);

    // Stopped, or a parent of vfork whose child is.
    private const string Frozen = "TD";

    private readonly string _mark = $"runctl-test-{Guid.NewGuid():N}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Counts in memory, into a file, until it is told to stop.</summary>
    private string Counting => $"""
        sh -c 'i=0; while [ ! -e "$RUNCTL_ROOT/tmp/enough" ]; do i=$((i+1)); echo $i >"$RUNCTL_ROOT/tmp/new"; mv "$RUNCTL_ROOT/tmp/new" "$RUNCTL_ROOT/tmp/count"; sleep 0.02; done; echo "counted on to $i"' {_mark}
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_command_makes_no_progress_while_its_instance_hibernates_and_then_goes_on_with_what_it_knew(bool namespaces)
    {
        await using var sandbox = await RunningSandbox.StartAsync(namespaces);
        var id = await sandbox.LaunchAsync();
        await sandbox.RunAsync(id, "cloud-init status --wait");
        var booted = File.GetLastWriteTimeUtc(Path.Combine(sandbox.RootOf(id), "var/lib/cloud/instance/boot-finished"));
        var command = await sandbox.SendAsync(id, Counting);
        await Eventually.TrueAsync(() => Count(sandbox, id) > 3);

        await sandbox.TakeAsync(id, "hibernate");
        var frozen = Count(sandbox, id);
        Assert.All(MarkedProcess.States(_mark), state => Assert.Contains(state, Frozen));
        await Assert.ThrowsAsync<InvalidInstanceIdException>(() => sandbox.SendAsync(id, "echo nobody hears this"));
        await Task.Delay(AWhile, Ct);
        Assert.Equal(frozen, Count(sandbox, id));
        Assert.Equal("InProgress", (await sandbox.Ssm.GetCommandInvocationAsync(new() { CommandId = command, InstanceId = id }, Ct)).Status.Value);

        await sandbox.ReturnAsync(id);
        await Eventually.TrueAsync(() => Count(sandbox, id) > frozen);
        await File.WriteAllTextAsync(Path.Combine(sandbox.RootOf(id), "tmp/enough"), "", Ct);
        var answer = await sandbox.FinishAsync(command, id);
        Assert.Equal(("Success", $"counted on to {Count(sandbox, id)}\n"), (answer.Status.Value, answer.StandardOutputContent));
        Assert.Equal(booted, File.GetLastWriteTimeUtc(Path.Combine(sandbox.RootOf(id), "var/lib/cloud/instance/boot-finished")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_escapes_neither_daemons_nor_who_is_always_forked_anew_and_who_had_stopped_before_stays_so(bool namespaces)
    {
        await using var sandbox = await RunningSandbox.StartAsync(namespaces);
        var id = await sandbox.LaunchAsync();
        var beats = Path.Combine(sandbox.RootOf(id), "tmp/beats");
        await sandbox.RunAsync(id, $$"""
            cat >"$RUNCTL_ROOT/tmp/generations" <<'end'
            echo beat >>"$RUNCTL_ROOT/tmp/beats"
            sleep 0.1
            setsid sh "$0" {{_mark}} &
            end
            setsid sh "$RUNCTL_ROOT/tmp/generations" {{_mark}} >/dev/null 2>&1 </dev/null &
            setsid sh -c 'while :; do sh -c "echo beat >>$RUNCTL_ROOT/tmp/beats"; done' {{_mark}} >/dev/null 2>&1 </dev/null &
            {{(namespaces ? "env -i " : "")}}setsid sh -c 'while :; do sleep 0.05; done' {{_mark}} >/dev/null 2>&1 </dev/null &
            setsid sh -c 'kill -STOP $$; sleep 300' {{_mark}}-stopped >/dev/null 2>&1 </dev/null &
            """);
        await Eventually.TrueAsync(() => File.Exists(beats) && MarkedProcess.States(_mark + "-stopped") is ['T']);

        await sandbox.TakeAsync(id, "hibernate");
        var frozen = new FileInfo(beats).Length;
        // One that stands still while it becomes another program has no command line yet.
        await Eventually.TrueAsync(() => MarkedProcess.Count(_mark) >= 4);
        Assert.All(MarkedProcess.States(_mark), state => Assert.Contains(state, Frozen));
        await Task.Delay(AWhile, Ct);
        Assert.Equal(frozen, new FileInfo(beats).Length);

        await sandbox.ReturnAsync(id);
        await Eventually.TrueAsync(() => new FileInfo(beats).Length > frozen);
        await Eventually.TrueAsync(() => MarkedProcess.States(_mark).Count(state => state == 'T') == 1);
        Assert.Equal(['T'], MarkedProcess.States(_mark + "-stopped"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Terminating_what_hibernates_leaves_no_process_and_no_directory(bool namespaces)
    {
        await using var sandbox = await RunningSandbox.StartAsync(namespaces);
        var id = await sandbox.LaunchAsync();
        await sandbox.SendAsync(id, Counting);
        await sandbox.RunAsync(id, $"setsid sh -c 'trap \"\" TERM; while :; do sleep 0.2; done' {_mark} >/dev/null 2>&1 </dev/null &");
        await Eventually.TrueAsync(() => Count(sandbox, id) > 3);
        await sandbox.TakeAsync(id, "hibernate");
        Assert.True(MarkedProcess.Count(_mark) >= 2);
        var root = sandbox.RootOf(id);

        await sandbox.TerminateAsync(id).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.Equal(0, MarkedProcess.Count(_mark));
        Assert.False(Directory.Exists(root));
        await Eventually.TrueAsync(() => MarkedProcess.Count(root) == 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_stopped_loses_its_processes_and_boots_anew(bool namespaces)
    {
        await using var sandbox = await RunningSandbox.StartAsync(namespaces);
        var id = await sandbox.LaunchAsync();
        await sandbox.SendAsync(id, Counting);
        await Eventually.TrueAsync(() => Count(sandbox, id) > 3);
        await sandbox.TakeAsync(id, "stop");
        Assert.Equal(0, MarkedProcess.Count(_mark));

        await sandbox.ReturnAsync(id);
        await Eventually.TrueAsync(async () => (await sandbox.Ssm.DescribeInstanceInformationAsync(new(), Ct)).InstanceInformationList is [{ PingStatus.Value: "Online" }]);
        Assert.Equal("status: done\n", (await sandbox.RunAsync(id, "cloud-init status --wait")).StandardOutputContent);
        Assert.Equal(0, MarkedProcess.Count(_mark));
    }

    [Fact]
    public async Task Its_metadata_stay_where_they_were_and_show_no_notice_when_it_is_back()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var endpoint = (await sandbox.RunAsync(id, "printf %s $AWS_EC2_METADATA_SERVICE_ENDPOINT")).StandardOutputContent;
        using var metadata = new MetadataClient(new Uri(endpoint));
        await sandbox.TakeAsync(id, "hibernate");
        await sandbox.ReturnAsync(id);
        var token = await metadata.TokenAsync();
        Assert.Equal((HttpStatusCode.OK, id), await metadata.GetAsync("/latest/meta-data/instance-id", token));
        Assert.Equal(HttpStatusCode.NotFound, (await metadata.GetAsync("/latest/meta-data/spot/instance-action", token)).Status);
    }

    [Fact]
    public async Task A_command_that_reaches_the_agent_while_it_hibernates_runs_when_it_is_back()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var conditions = sandbox.Sandbox.GetConditions(id);
        sandbox.Sandbox.SetConditions(id, conditions with { SsmOnline = false });
        var command = await sandbox.SendAsync(id, "touch $RUNCTL_ROOT/tmp/ran");
        await sandbox.TakeAsync(id, "hibernate");
        sandbox.Sandbox.SetConditions(id, conditions);
        await Task.Delay(AWhile, Ct);
        Assert.Equal("Pending", (await sandbox.Ssm.GetCommandInvocationAsync(new() { CommandId = command, InstanceId = id }, Ct)).Status.Value);

        await sandbox.ReturnAsync(id);
        Assert.Equal("Success", (await sandbox.FinishAsync(command, id)).Status.Value);
        Assert.True(File.Exists(Path.Combine(sandbox.RootOf(id), "tmp/ran")));
    }

    private static int Count(RunningSandbox sandbox, string id)
    {
        try
        {
            return int.Parse(File.ReadAllText(Path.Combine(sandbox.RootOf(id), "tmp/count")), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
