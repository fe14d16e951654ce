namespace Runctl.Package.Tests.EndToEnd;

public sealed class TorchSampleTests(SandboxFixture sandbox) : SampleTests(sandbox)
{
    [Fact]
    public void PyTorch_loses_nothing()
    {
        Assert.SkipUnless(Run("/usr/bin/python3", "-c \"import torch\"").Exit == 0, "There is no torch for the system's python3 here (Debian: apt-get install python3-torch).");
        InterruptAndResume("train_torch.py", "--epochs 200", "step_");
    }
}
