using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace Runctl.Sandbox.Tests.Ssm;

public sealed class RunCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Instances_without_processes_are_answered_for()
    {
        await using var sandbox = await RunningSandbox.StartAsync(new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(100), Responder = (id, script) => $"{id} {script}" });
        var ids = await Task.WhenAll(sandbox.LaunchAsync(), sandbox.LaunchAsync());
        var answers = await Task.WhenAll(ids.Select(id => sandbox.RunAsync(id, "echo $$")));
        Assert.Equal(ids.Select(id => $"{id} echo $$"), answers.Select(answer => answer.StandardOutputContent));
        Assert.All(answers, answer => Assert.Equal(("Success", 0), (answer.Status.Value, answer.ResponseCode)));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), process => HasInEnvironment(process, sandbox.Sandbox.Directory));
        await sandbox.TerminateAsync(ids[0]);
        await sandbox.StateAsync(ids[0], "terminated");
    }

    [Fact]
    public async Task A_script_runs_under_sh_without_home_or_keys_and_reports_its_exit_code()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var answer = await sandbox.RunAsync(id, "echo \"home=${HOME-none} key=${AWS_ACCESS_KEY_ID-none} root=$RUNCTL_ROOT\"\necho oops >&2\nexit 3");
        Assert.Equal(("Failed", 3), (answer.Status.Value, answer.ResponseCode));
        Assert.Equal($"home=none key=none root={sandbox.RootOf(id)}\n", answer.StandardOutputContent);
        Assert.StartsWith("oops", answer.StandardErrorContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proc_inside_is_the_instance_and_a_bash_line_counts()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var answer = await sandbox.RunAsync(id, "#!/bin/bash\necho ${BASH_VERSION:+bash} $(ls -d /proc/[0-9]* | wc -l)\ncloud-init status --wait");
        Assert.Matches("^bash [0-9]{1,2}\nstatus: done\n$", answer.StandardOutputContent);
    }

    [Fact]
    public async Task A_command_is_not_found_at_first_and_its_output_stays_empty_until_it_ends()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var command = await sandbox.SendAsync(id, "echo early; while [ ! -e $RUNCTL_ROOT/tmp/go ]; do sleep 0.05; done");
        await Assert.ThrowsAsync<InvocationDoesNotExistException>(
            () => sandbox.Ssm.GetCommandInvocationAsync(new() { CommandId = command, InstanceId = id }, Token));
        GetCommandInvocationResponse? answer = null;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                answer = await sandbox.Ssm.GetCommandInvocationAsync(new() { CommandId = command, InstanceId = id }, Token);
                return answer.Status.Value == "InProgress";
            }
            catch (InvocationDoesNotExistException)
            {
                return false;
            }
        });
        Assert.Equal(("", -1), (answer!.StandardOutputContent, answer.ResponseCode));
        await File.WriteAllTextAsync(Path.Combine(sandbox.RootOf(id), "tmp/go"), "", Token);
        Assert.Equal("early\n", (await sandbox.FinishAsync(command, id)).StandardOutputContent);
    }

    [Fact]
    public async Task A_time_out_kills_the_group_without_a_word_and_cannot_be_trapped()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var answer = await sandbox.RunAsync(id, "trap 'echo told' TERM\nwhile :; do sleep 0.1; done", executionTimeout: 5);
        Assert.Equal(("TimedOut", "ExecutionTimedOut", 137), (answer.Status.Value, answer.StatusDetails, answer.ResponseCode));
        Assert.DoesNotContain("told", answer.StandardOutputContent, StringComparison.Ordinal);
        Assert.Equal("0\n", (await sandbox.RunAsync(id, "pgrep -fc 'sleep 0.1' || :")).StandardOutputContent);
    }

    [Fact]
    public async Task A_child_that_keeps_the_output_open_keeps_the_command_in_progress_until_it_is_cancelled()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var command = await sandbox.SendAsync(id, "sleep 100 & echo $! >$RUNCTL_ROOT/tmp/child");
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(sandbox.RootOf(id), "tmp/child")));
        await Task.Delay(400, Token);
        var answer = await sandbox.Ssm.GetCommandInvocationAsync(new() { CommandId = command, InstanceId = id }, Token);
        Assert.Equal("InProgress", answer.Status.Value);
        await sandbox.Ssm.CancelCommandAsync(new CancelCommandRequest { CommandId = command }, Token);
        Assert.Equal("Cancelled", (await sandbox.FinishAsync(command, id)).Status.Value);
    }

    [Fact]
    public async Task Five_commands_run_at_once_and_the_sixth_waits()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var started = Path.Combine(sandbox.RootOf(id), "tmp");
        var commands = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            commands.Add(await sandbox.SendAsync(id, $"touch $RUNCTL_ROOT/tmp/started{i}; while [ ! -e $RUNCTL_ROOT/tmp/go ]; do sleep 0.05; done"));
        }

        await Eventually.TrueAsync(() => Directory.GetFiles(started, "started*").Length == 5);
        await Task.Delay(300, Token);
        Assert.Equal(5, Directory.GetFiles(started, "started*").Length);
        await File.WriteAllTextAsync(Path.Combine(started, "go"), "", Token);
        foreach (var command in commands)
        {
            Assert.Equal("Success", (await sandbox.FinishAsync(command, id)).Status.Value);
        }
    }

    [Fact]
    public async Task Output_is_cut_at_24000_characters_and_at_2500_in_a_list()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var command = await sandbox.SendAsync(id, "head -c 100000 /dev/zero | tr '\\0' x");
        Assert.Equal(24_000, (await sandbox.FinishAsync(command, id)).StandardOutputContent.Length);
        var listed = await sandbox.Ssm.ListCommandInvocationsAsync(
            new ListCommandInvocationsRequest { CommandId = command, Details = true }, Token);
        Assert.Equal(2_500, listed.CommandInvocations[0].CommandPlugins[0].Output.Length);
    }

    [Fact]
    public async Task One_unknown_instance_fails_the_whole_command_and_51_are_too_many()
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var request = new SendCommandRequest
        {
            DocumentName = "AWS-RunShellScript", InstanceIds = [id, "i-00000000000000000"],
            Parameters = new() { ["commands"] = ["touch $RUNCTL_ROOT/tmp/ran"] },
        };
        await Assert.ThrowsAsync<InvalidInstanceIdException>(() => sandbox.Ssm.SendCommandAsync(request, Token));
        request.InstanceIds = [.. Enumerable.Range(0, 51).Select(i => $"i-{i:x17}")];
        var refusal = await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => sandbox.Ssm.SendCommandAsync(request, Token));
        Assert.Equal("ValidationException", refusal.ErrorCode);
        Assert.False(File.Exists(Path.Combine(sandbox.RootOf(id), "tmp/ran")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("i-1")]
    [InlineData("i-0123456789abcdef01")]
    public async Task What_is_no_instance_id_fails_the_whole_command(string nonsense)
    {
        await using var sandbox = await RunningSandbox.StartAsync();
        var id = await sandbox.LaunchAsync();
        var request = new SendCommandRequest { DocumentName = "AWS-RunShellScript", InstanceIds = [id, nonsense], Parameters = new() { ["commands"] = ["true"] } };
        Assert.Equal("ValidationException", (await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => sandbox.Ssm.SendCommandAsync(request, Token))).ErrorCode);
        var look = new DescribeInstanceInformationRequest { Filters = [new() { Key = "InstanceIds", Values = [id, ""] }] };
        Assert.Equal("ValidationException", (await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => sandbox.Ssm.DescribeInstanceInformationAsync(look, Token))).ErrorCode);
    }

    private static bool HasInEnvironment(string process, string text)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ")).Contains("RUNCTL_ROOT=" + text, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
