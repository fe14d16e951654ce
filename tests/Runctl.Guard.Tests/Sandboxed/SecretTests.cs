using Runctl.Errors;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Secrets of a training, given by reference.</summary>
public sealed class SecretTests(GuardSandbox sandbox)
{
    private const string Tells = Python.Beginning + """
        import hashlib
        for name in ("KEY", "TOKEN", "SETTING"):
            print(name, hashlib.sha256(os.environ[name].encode()).hexdigest(), flush=True)
        wait()
        """;

    [Fact]
    public async Task They_reach_the_training_and_its_setup_and_are_nowhere_in_clear()
    {
        var vault = new Vault(sandbox);
        var (key, token) = ($"open {Guid.NewGuid():N} =\"'$(id)\n", Guid.NewGuid().ToString("N"));
        var environment = new Dictionary<string, string> { ["KEY"] = await vault.ParameterAsync(key), ["TOKEN"] = await vault.SecretAsync(token), ["SETTING"] = "plain" };
        await using var run = await sandbox.StartAsync(new Scenario(Tells)
        {
            Configure = settings => settings with { TrainingEnvironment = environment, SetupCommand = "test ${#TOKEN} = 32", Python = "python3" },
        });
        await run.PrintedAsync("ready");
        Assert.Contains($"KEY {Hash(key)}", run.Log(), StringComparison.Ordinal);
        Assert.Contains($"TOKEN {Hash(token)}", run.Log(), StringComparison.Ordinal);
        Assert.Contains($"SETTING {Hash("plain")}", run.Log(), StringComparison.Ordinal);
        await run.InterruptAsync();
        await run.SettledAsync();
        await vault.AssertKeptAsync(run, key.Split(' ')[1], token);
    }

    [Fact]
    public async Task One_that_does_not_exist_fails_the_start_by_the_variables_name()
    {
        sandbox.Allow("ssm:/no/such/parameter");
        var error = await FailAsync("ssm:/no/such/parameter");
        Assert.Equal(("SecretNotFound", "KEY"), (error.Id, error.Target));
        Assert.Contains("ssm:/no/such/parameter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_the_role_may_not_read_fails_the_start_with_what_the_role_needs()
    {
        var error = await FailAsync(await new Vault(sandbox).SecretAsync("hunter2", isAllowed: false));
        Assert.Equal("SecretForbidden", error.Id);
        Assert.Contains("secretsmanager:GetSecretValue", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_busy_is_asked_again()
    {
        var instance = await sandbox.LaunchAsync();
        var rule = sandbox.Sandbox.Faults.Add(new() { Operation = "ssm:GetParameter", Kind = Runctl.Sandbox.SandboxFaultKind.Throttling, InstanceId = instance, Count = 2 });
        var reference = await new Vault(sandbox).ParameterAsync("value");
        await using var run = await sandbox.StartAsync(new Scenario("import os; print(os.environ['KEY'] == 'value', flush=True)")
        {
            InstanceId = instance, Configure = settings => settings with { TrainingEnvironment = new Dictionary<string, string> { ["KEY"] = reference } },
        });
        await run.PrintedAsync("True");
        Assert.Equal(2, rule.Hits);
    }

    private async Task<RunctlException> FailAsync(string reference)
    {
        var instance = await sandbox.LaunchAsync();
        try
        {
            return await Assert.ThrowsAsync<RunctlException>(() => sandbox.StartAsync(new Scenario("print('never')")
            {
                InstanceId = instance, Configure = settings => settings with { TrainingEnvironment = new Dictionary<string, string> { ["KEY"] = reference } },
            }));
        }
        finally
        {
            await sandbox.Cloud.Instances.TerminateAsync([instance], CancellationToken.None);
        }
    }

#pragma warning disable CA1308 // As Python writes it.
    private static string Hash(string text) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
#pragma warning restore CA1308
}
