using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class StopTests
{
    [Theory]
    [InlineData("Get-RunctlInstance")]
    [InlineData("New-RunctlSpotInstance g5.xlarge -IamInstanceProfile p")]
    [InlineData("Remove-RunctlInstance i-1 -Confirm:$false")]
    [InlineData("Get-RunctlTraining -InstanceId i-1")]
    [InlineData("Get-RunctlTrainingLog -InstanceId i-1 -Follow")]
    [InlineData("Get-RunctlProcess i-1 -Follow")]
    [InlineData("Wait-RunctlTraining -InstanceId i-1")]
    [InlineData("Stop-RunctlTraining -InstanceId i-1")]
    [InlineData("Watch-RunctlSpotInterruption -InstanceId i-1")]
    [InlineData("Invoke-RunctlInterruptionDrill -InstanceId i-1")]
    [InlineData("Get-RunctlCheckpoint -S3Bucket bucket")]
    [InlineData("Save-RunctlCheckpoint s3://b/epoch_1.pt.manifest.json")]
    [InlineData("Test-RunctlSetup i-1 -S3Bucket bucket")]
    public void Ctrl_C_ends_a_command_at_once(string command)
    {
        using var server = new SilentServer();
        using var session = new ModuleSession();
        session.Set("StoredAWSCredentials", new SessionKeys());
        var took = session.Stop($"{command} -Region us-east-1 -EndpointUrl {server.Endpoint}", TimeSpan.FromMilliseconds(1500));
        // Nobody would ever answer; the bound only tells an end from a hang on a busy machine.
        Assert.InRange(took.TotalSeconds, 0, 30);
    }
}
