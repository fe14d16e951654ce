using System.Text.Json;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>A webhook that is told by the guard itself.</summary>
public sealed class AlertTests(GuardSandbox sandbox)
{
    private const string Trainer = Python.Beginning + """
        at_signal(lambda: replace("step_7.json", b"{}"))
        wait()
        """;

    [Fact]
    public async Task Detection_and_outcome_reach_a_webhook_whose_address_is_nowhere_in_clear()
    {
        using var hook = new Webhook();
        var vault = new Vault(sandbox);
        var reference = await vault.ParameterAsync(hook.Url);
        await using var run = await sandbox.StartAsync(new Scenario(Trainer) { Configure = settings => settings with { WebhookUrl = reference } });
        await run.PrintedAsync("ready");
        await run.InterruptAsync();
        await GuardedRun.EventuallyAsync(() => hook.Posts.Count >= 2, run.Tell);
        Assert.Equal(["InterruptionDetected", "InterruptionHandled"], hook.Posts.Select(post => Text(post, "kind")));

        var (detected, handled) = (hook.Posts[0], hook.Posts[1]);
        Assert.All(hook.Posts, post => Assert.Equal((run.Id, run.InstanceId, "imds"), (Text(post, "run_id"), Text(post, "instance_id"), Text(post, "source"))));
        Assert.Equal($"digits ({run.Id}): Spot interruption detected for instance {run.InstanceId}!, until {Text(detected, "deadline")}", Text(detected, "text"));
        Assert.Equal(("uploaded", "step_7.json"), (Text(handled, "outcome"), Text(handled.GetProperty("checkpoint"), "name")));
        Assert.EndsWith(": uploaded, checkpoint step_7.json", Text(handled, "text"), StringComparison.Ordinal);
        await vault.AssertKeptAsync(run, hook.Token);
    }

    [Fact]
    public async Task A_command_that_stands_in_for_the_guard_tells_of_it_once()
    {
        using var hook = new Webhook();
        var reference = await new Vault(sandbox).ParameterAsync(hook.Url);
        await using var run = await sandbox.StartAsync(new Scenario(Trainer) { Configure = settings => settings with { WebhookUrl = reference } });
        await run.PrintedAsync("ready");
        var guard = run.GuardPid();
        Assert.Equal(0, (await run.ShellAsync($"kill -HUP {guard}; while kill -0 {guard} 2>/dev/null; do sleep 0.1; done")).ExitCode);
        Assert.Equal("InterruptionHandled", (await run.CallAsync("interrupt", "--run", run.Id, "--source", "monitor")).Text("kind"));
        Assert.Equal(["InterruptionDetected", "InterruptionHandled"], hook.Posts.Select(post => Text(post, "kind")));

        // A guard that comes back finds nothing left to tell.
        Assert.True((await run.CallAsync("repair")).Value.GetProperty("guard").GetProperty("alive").GetBoolean());
        Assert.Equal(2, hook.Posts.Count);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
