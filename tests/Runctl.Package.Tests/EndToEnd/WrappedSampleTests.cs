namespace Runctl.Package.Tests.EndToEnd;

public sealed class WrappedSampleTests(SandboxFixture sandbox) : SampleTests(sandbox)
{
    [Fact]
    public void A_wrapped_training_gets_the_signal_and_loses_nothing() => InterruptAndResume("train_wrapped.sh", "--steps 4000", "checkpoint-");
}
