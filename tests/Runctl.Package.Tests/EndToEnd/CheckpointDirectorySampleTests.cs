namespace Runctl.Package.Tests.EndToEnd;

public sealed class CheckpointDirectorySampleTests(SandboxFixture sandbox) : SampleTests(sandbox)
{
    [Fact]
    public void Checkpoint_directories_lose_nothing() => InterruptAndResume("train_checkpoint_dirs.py", "--steps 4000", "checkpoint-");
}
