using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>The replacement is taken as well, while it restores or goes on.</summary>
public sealed class ResumeTests : SandboxedTest
{
    private const long SlowLink = 60_000;

    [Theory]
    [InlineData(21, "restore")]
    [InlineData(22, "restore")]
    [InlineData(23, "start")]
    [InlineData(24, "training")]
    public async Task Whenever_the_replacement_is_taken_the_weights_are_those_of_the_undisturbed_run(int seed, string within)
    {
        var second = within switch { "restore" => Moment.InRestore, "start" => Moment.InSync, _ => Moment.InTraining };
        var journey = new Journey(Fixture, seed, Moment.InASave, second with { Window = TimeSpan.FromSeconds(8) })
        {
            OnInstance = (instance, attempt) =>
            {
                if (attempt == 1 && within == "restore")
                {
                    Fixture.Sandbox.SetConditions(instance, new SandboxConditions { LinkBytesPerSecond = SlowLink });
                }
            },
        };
        Assert.Equal(await Undisturbed.WeightsAsync(), await journey.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, journey.Attempts);
        Assert.InRange(journey.Detected, within == "start" ? 1 : 2, 2);
    }
}
