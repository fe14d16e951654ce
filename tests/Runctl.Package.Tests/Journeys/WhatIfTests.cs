namespace Runctl.Package.Tests.Journeys;

public sealed class WhatIfTests
{
    [Fact]
    public void WhatIf_names_what_would_be_done_and_does_nothing()
    {
        using var session = new SandboxSession();
        var launch = session.Show("New-RunctlSpotInstance g5.xlarge, g4dn.xlarge -Wait -WhatIf");
        Assert.Matches(@"1 spot instance of g5\.xlarge or g4dn\.xlarge in us-east-1 .* from 0\.\d+ USD an hour", launch.ReplaceLineEndings(" "));
        Assert.Empty(session.Run("Get-RunctlInstance").Output);

        session.Run("$instance = New-RunctlSpotInstance g5.xlarge -Wait");
        Assert.Contains("train.py on i-", session.Show("$instance | Start-RunctlTraining ./train.py -SyncCode -WhatIf"));
        Assert.Empty(session.Run("Get-Job").Output);
        Assert.Contains("Terminate the instance", session.Show("$instance | Remove-RunctlInstance -WhatIf"));
        session.Run("Stop-RunctlSandbox -WhatIf");
        Assert.Equal("running", session.Run("($instance | Get-RunctlInstance).State").Single);
        Assert.Empty(session.Run("Get-RunctlTraining").Output);
    }
}
