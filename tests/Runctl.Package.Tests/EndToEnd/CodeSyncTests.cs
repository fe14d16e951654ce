using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class CodeSyncTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Lister =
        """
        import json, os
        print(json.dumps([os.path.relpath(os.path.join(top, name), ".") for top, _, names in os.walk(".") for name in names]))
        """;

    private readonly Project _project = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_ignored_and_environments_and_checkpoints_stay_here(bool inGit)
    {
        Fill(inGit);
        var files = List("");
        Assert.Contains("list.py", files);
        Assert.Contains("package/module.py", files);
        Assert.DoesNotContain(files, file => file.StartsWith(".git/", StringComparison.Ordinal) || file.StartsWith("venv", StringComparison.Ordinal)
            || file.StartsWith("env-of-mine", StringComparison.Ordinal) || file.StartsWith("checkpoints/", StringComparison.Ordinal) || file == "big.data");
    }

    [Fact]
    public void The_one_checkpoint_an_argument_names_travels()
    {
        Fill(inGit: true);
        Assert.Equal(["checkpoints/epoch_2.json"], List("-ScriptArgument '--resume', 'checkpoints/epoch_2.json'").Where(file => file.StartsWith("checkpoints/", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_file_that_was_deleted_here_is_deleted_there_at_the_next_start()
    {
        Fill(inGit: false);
        Assert.Contains("package/module.py", List(""));
        File.Delete(_project["package/module.py"]);
        Assert.DoesNotContain("package/module.py", List(""));
    }

    [Fact]
    public void What_stays_behind_is_in_the_warning_stream_in_the_training_and_in_its_JSON_and_an_absolute_link_inside_is_kept()
    {
        Fill(inGit: true);
        File.CreateSymbolicLink(_project["absolute.py"], _project["package/module.py"]);
        File.CreateSymbolicLink(_project["outside"], "/etc/hostname");
        sandbox.Enter(_project, "list.py");
        var result = sandbox.Run($"$w = $null; $run = Start-RunctlTraining $script {sandbox.Instance} -SyncCode -NoMonitor -WarningVariable w; $null = $run | Wait-RunctlTraining; $w.Message; $run.Warnings; [System.Text.Json.JsonSerializer]::Serialize($run, [Runctl.Training.RunctlTraining], [System.Text.Json.JsonSerializerOptions]::Default)");
        Assert.Empty(result.Errors);
        Assert.Equal(3, result.Output.Count);
        Assert.All(result.Output, said => Assert.Contains("outside is a link that leads out of the project", $"{said}", StringComparison.Ordinal));
        Assert.Contains(result.Warnings, warning => warning.StartsWith("outside", StringComparison.Ordinal));
        Assert.Contains("absolute.py", List(""));
    }

    [Fact]
    public void Without_a_bucket_a_small_project_travels_over_SSM()
    {
        using var plain = Plain();
        var result = plain.Run($"Start-RunctlTraining $script {sandbox.Instance} -SyncCode -NoMonitor -Region us-east-1 -EndpointUrl {sandbox.Endpoint} | Stop-RunctlTraining");
        Assert.Empty(result.Errors);
        Assert.Contains(result.Warnings, warning => warning.Contains("s3_bucket", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_bucket_a_large_project_is_refused_with_the_limit_and_what_to_configure()
    {
        File.WriteAllBytes(_project["big.bin"], RandomNumberGenerator.GetBytes(3 << 20));
        using var plain = Plain();
        var result = plain.Run($"Start-RunctlTraining $script {sandbox.Instance} -SyncCode -NoMonitor -Region us-east-1 -EndpointUrl {sandbox.Endpoint}");
        Assert.Equal("CodeTooBig", result.ErrorId);
        Assert.Contains("2,097,152", result.Error.ToString());
        Assert.Contains("s3_bucket", result.Error.ErrorDetails.RecommendedAction);
    }

    public void Dispose() => _project.Dispose();

    // A session that knows no sandbox by default has no bucket either.
    private ModuleSession Plain()
    {
        var plain = new ModuleSession();
        plain.GoTo(_project.Directory);
        plain.Set("script", _project["train.py"]);
        return plain;
    }

    private string[] List(string options) => JsonSerializer.Deserialize<string[]>(sandbox.Train(_project, sandbox.Instance, options, "list.py"))!;

    private void Fill(bool inGit)
    {
        if (inGit)
        {
            using var git = Process.Start("git", ["init", "-q", _project.Directory]);
            Assert.True(git.WaitForExit(TimeSpan.FromSeconds(30)));
        }

        _project.Write("list.py", Lister);
        _project.Write(".gitignore", "*.data\n");
        _project.Write("big.data", "ignored");
        _project.Write("package/module.py", "");
        _project.Write("venv/lib/a.py", "");
        _project.Write("env-of-mine/pyvenv.cfg", "");
        _project.Write("env-of-mine/lib/a.py", "");
        _project.Write("checkpoints/epoch_1.json", "{\"step\": 1}");
        _project.Write("checkpoints/epoch_2.json", "{\"step\": 2}");
    }
}
