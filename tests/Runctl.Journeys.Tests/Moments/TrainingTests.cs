using Runctl.Journeys.Tests.Sandboxed;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>The machine is taken while the training trains or saves.</summary>
public sealed class TrainingTests : SandboxedTest
{
    [Theory]
    [InlineData(11, false)]
    [InlineData(12, false)]
    [InlineData(13, false)]
    [InlineData(14, true)]
    [InlineData(15, true)]
    public async Task Whenever_the_machine_is_taken_the_weights_are_those_of_the_undisturbed_run(int seed, bool inASave)
    {
        var journey = new Journey(Fixture, seed, inASave ? Moment.InASave : Moment.InTraining);
        Assert.Equal(await Undisturbed.WeightsAsync(), await journey.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal((2, 1), (journey.Attempts, journey.Detected));
    }
}
