using Runctl.Journeys.Tests.Sandboxed;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>The machine is taken before the training has done a step.</summary>
public sealed class BeforeTrainingTests : SandboxedTest
{
    [Theory]
    [InlineData(1, "sync")]
    [InlineData(2, "sync")]
    [InlineData(3, "setup")]
    [InlineData(4, "setup")]
    [InlineData(5, "first step")]
    [InlineData(6, "first step")]
    public async Task Whenever_the_machine_is_taken_the_weights_are_those_of_the_undisturbed_run(int seed, string before)
    {
        var moment = before switch { "sync" => Moment.InSync, "setup" => Moment.InSetup, _ => Moment.BeforeTheFirstStep };
        var journey = new Journey(Fixture, seed, moment with { Window = TimeSpan.FromSeconds(6) }) { Setup = before == "setup" ? "sleep 1" : null };
        Assert.Equal(await Undisturbed.WeightsAsync(), await journey.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, journey.Attempts);
        Assert.InRange(journey.Detected, before == "sync" ? 0 : 1, 1);
    }
}
