using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Lists of instances and runs, as users see them, and that many are asked for together.</summary>
public sealed class ListTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void What_comes_in_by_the_pipeline_is_looked_up_together_and_each_that_is_missing_is_an_error_of_its_own()
    {
        string[] instances = [sandbox.Launch(), sandbox.Launch()];
        sandbox.Fault("Operation = 'ssm:SendCommand'; Kind = 'Delay'; Delay = '1ms'");
        Assert.Equal(instances.Order(StringComparer.Ordinal), Text($"'{instances[0]}', '{instances[1]}' | Get-RunctlInstance | ForEach-Object InstanceId").Order(StringComparer.Ordinal));
        Assert.Equal(1L, Hits("ssm:SendCommand"));
        var found = sandbox.Run($"'{instances[0]}', '{instances[1]}' | ForEach-Object {{ [pscustomobject]@{{ InstanceId = $_ }} }} | Get-RunctlTraining");
        Assert.Empty(found.Output);
        Assert.Equal(instances, found.Errors.Select(e => e.TargetObject));
        Assert.All(found.Errors, e => Assert.StartsWith("TrainingNotFound", e.FullyQualifiedErrorId));
        Assert.Equal(2L, Hits("ssm:SendCommand"));
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -Fault @()").Errors);
        Assert.Empty(sandbox.Run("@() | Get-RunctlTraining").Output);
    }

    [Fact]
    public async Task A_run_is_entered_in_the_index_by_its_session_and_by_its_guard_and_is_listed_by_it_alone()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        string run = sandbox.Run("$run.RunId").Single;
        Assert.Equal(run, Text("(Get-RunctlTraining | Select-Object -First 1).RunId").Single());
        Assert.Equal([run, "running"], Text($"Get-RunctlTraining -InstanceId {instance} | ForEach-Object {{ $_.RunId; $_.State }}"));
        sandbox.WaitForSteps();
        Assert.Empty(sandbox.Run("$null = Stop-RunctlTraining $run").Errors);
        var claim = (await sandbox.Other.ListObjectsAsync("runctl-sandbox", "checkpoints/runctl/index/")).Single(key => key.Contains(run, StringComparison.Ordinal) && key.Contains("/0001-0~", StringComparison.Ordinal));
        await sandbox.Other.WaitForObjectAsync("runctl-sandbox", claim[..claim.LastIndexOf('/')] + "/0001-1~");

        sandbox.Fault("Operation = 's3:GetObject'; Key = '*/run.json'; Kind = 'Delay'; Delay = '1ms'");
        var listed = sandbox.Run($"Get-RunctlTraining | Where-Object RunId -eq {run}").Single;
        Assert.Equal(("stopped", "train.py", instance), ((string)listed.State, (string)listed.Script, (string)listed.InstanceId));
        Assert.Equal(0L, Hits("s3:GetObject"));
        var read = sandbox.Run($"'no-such-run', '{run}' | Get-RunctlTraining");
        Assert.Equal("no-such-run", Assert.Single(read.Errors).TargetObject);
        Assert.Single(read.Output);
        Assert.Equal(Shown($"Get-RunctlTraining {run}"), Shown($"Get-RunctlTraining | Where-Object RunId -eq {run}"));
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -Fault @()").Errors);
    }

    [Theory]
    [InlineData("Get-RunctlInstance")]
    [InlineData("Get-RunctlTraining")]
    public void A_wildcard_has_no_case_in_a_culture_that_has_another_i(string command)
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance, "-ScriptArgument --once").Errors);
        Assert.Contains(instance, Text($"$culture = [cultureinfo]::CurrentCulture; try {{ [cultureinfo]::CurrentCulture = 'tr-TR'; {command} '{instance.ToUpperInvariant()}*' | ForEach-Object InstanceId }} finally {{ [cultureinfo]::CurrentCulture = $culture }}"));
    }

    public void Dispose() => _project.Dispose();

    private List<string> Text(string script) => [.. sandbox.Run(script).Output.Select(line => line.ToString())];

    private string Shown(string script) => string.Join('\n', Text($"({script} | ConvertTo-Json -Depth 5) -replace '\"(Duration|AsOf|MaxResumes)\": *[^,]*,'"));

    private long Hits(string operation) => sandbox.Run($"(Set-RunctlSandbox -PassThru).Faults | Where-Object Operation -eq {operation} | ForEach-Object Hits").Single;
}
