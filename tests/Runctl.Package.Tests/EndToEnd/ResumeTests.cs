namespace Runctl.Package.Tests.EndToEnd;

public sealed class ResumeTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public void A_training_goes_on_from_an_object_an_S3_URI_or_a_local_path()
    {
        using var project = new Project();
        sandbox.Train(project, sandbox.Instance, "-ScriptArgument --once");
        Assert.Equal("epoch_0.json", sandbox.Run("$checkpoint = $run | Get-RunctlCheckpoint -Latest; $first = $run | Get-RunctlTraining; $checkpoint.Name").Single);
        project.Write("checkpoints/epoch_7.json", "{\"step\": 7}");
        sandbox.Set("local", project["checkpoints/epoch_7.json"]);
        foreach (var (source, step) in new[] { ("$checkpoint", 0), ("$first", 0), ("$checkpoint.Manifest", 0), ("$local", 7) })
        {
            Assert.Contains($"resumed at {step}\n", sandbox.Train(project, sandbox.Instance, $"-ResumeFrom {source} -ScriptArgument --once"));
        }
    }
}
