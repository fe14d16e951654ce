using Runctl.Errors;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What [checkpoint] and setup_command in .runctl.toml do on the instance.</summary>
public sealed class SettingsTests(GuardSandbox sandbox)
{
    private const string Ends = "print('trained', flush=True)";

    [Fact]
    public async Task The_save_interval_reaches_the_script_as_it_is_written()
    {
        await using var run = await sandbox.StartAsync(new Scenario("import os; print('every', os.environ['RUNCTL_SAVE_INTERVAL'], flush=True)")
        {
            Configure = settings => settings with { SaveInterval = 7 },
        });
        await run.PrintedAsync("every 7");
    }

    [Fact]
    public async Task Of_the_checkpoints_in_S3_the_last_few_are_kept()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Python.Beginning + """
            for step in (1, 2, 3, 4):
                replace("step_%d.json" % step, b"{}")
                while not os.path.exists("go_%d" % step):
                    time.sleep(0.02)
                os.unlink(path("step_%d.json" % step)) if step < 4 else None
            """)
        {
            Configure = settings => settings with { KeepLastN = 2 },
        });
        foreach (var step in new[] { 1, 2, 3, 4 })
        {
            await run.WaitForAsync("CheckpointUploaded", data => data.GetProperty("uri").GetString()!.EndsWith($"/step_{step}.json", StringComparison.Ordinal));
            await File.WriteAllTextAsync(Path.Combine(run.Project, $"go_{step}"), "", TestContext.Current.CancellationToken);
        }

        await run.WaitForAsync("TrainingFinished");
        List<string> keys = [];
        await GuardedRun.EventuallyAsync(() => (keys = run.KeysAsync().GetAwaiter().GetResult()).Count <= 4, () => string.Join('\n', keys));
        Assert.Equal(["step_3.json", "step_3.json.manifest.json", "step_4.json", "step_4.json.manifest.json"], keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_setup_command_runs_once_and_again_when_its_requirements_have_changed()
    {
        await using var first = await StartAsync("echo x >> ../set-up && echo \"set up in $(pwd)\"", "numpy", null);
        await first.WaitForAsync("TrainingFinished");
        Assert.Equal([$"set up in {first.Project}", "trained"], first.Log().Split('\n', StringSplitOptions.RemoveEmptyEntries));

        var second = await StartAsync("echo x >> ../set-up && echo \"set up in $(pwd)\"", "numpy", first.InstanceId);
        await second.WaitForAsync("TrainingFinished");
        Assert.Equal("trained\n", second.Log());

        var third = await StartAsync("echo x >> ../set-up && echo \"set up in $(pwd)\"", "numpy==2", first.InstanceId);
        await third.WaitForAsync("TrainingFinished");
        Assert.Equal("x\nx\n", first.ReadProject("../set-up"));
    }

    [Fact]
    public async Task A_setup_command_that_fails_is_the_runs_failure_with_its_log()
    {
        var instance = await sandbox.LaunchAsync();
        try
        {
            var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync("echo 'no such package'; exit 9", "numpy", instance));
            Assert.Equal("SetupFailed", error.Id);
            Assert.Contains("exit code 9", error.Message, StringComparison.Ordinal);
            Assert.Contains("no such package", error.Message, StringComparison.Ordinal);

            // What failed is not remembered as done.
            await Assert.ThrowsAsync<RunctlException>(() => StartAsync("echo 'no such package'; exit 9", "numpy", instance));
        }
        finally
        {
            await sandbox.Cloud.Instances.TerminateAsync([instance], CancellationToken.None);
        }
    }

    private Task<GuardedRun> StartAsync(string setup, string requirements, string? instance) => sandbox.StartAsync(new Scenario(Ends)
    {
        InstanceId = instance, HasBucket = false, Second = ("requirements.txt", requirements),
        // A Python of its own: no virtual environment has to be made for it.
        Configure = settings => settings with { SetupCommand = setup, Python = "python3" },
    });
}
