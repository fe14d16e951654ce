namespace Runctl.Package.Tests.EndToEnd;

public sealed class NoPythonTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const string ImageWithoutPython = "ami-0a1b2c3d4e5f40001";

    [Fact]
    public void An_instance_without_python3_is_told_to_lack_it()
    {
        using var project = new Project();
        string instance = sandbox.Run($"New-RunctlSpotInstance g5.xlarge -ImageId {ImageWithoutPython} -Wait").Single.InstanceId;
        var result = sandbox.Start(project, instance);
        Assert.Equal("PythonMissing", result.ErrorId);
        Assert.Contains("no python3 on the instance", result.Error.ToString());
        Assert.Contains("Python 3.8", result.Error.ErrorDetails.RecommendedAction);
        // No guard came there, so there is no run.
        Assert.Equal("TrainingNotFound", sandbox.Run($"Get-RunctlTraining -InstanceId {instance}").ErrorId);
    }
}
