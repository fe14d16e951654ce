using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Moments;

/// <summary>The machine is taken while other things go wrong as well.</summary>
public sealed class FaultTests : SandboxedTest
{
    [Theory]
    [InlineData(31, "s3:*", SandboxFaultKind.Throttling, 0.2)]
    [InlineData(32, "s3:*", SandboxFaultKind.ConnectionReset, 0.1)]
    [InlineData(33, "imds:*", SandboxFaultKind.ServerError, 0.3)]
    [InlineData(34, "ssm:*", SandboxFaultKind.Throttling, 0.3)]
    public async Task Whatever_fails_now_and_then_the_weights_are_those_of_the_undisturbed_run(int seed, string operation, SandboxFaultKind kind, double probability)
    {
        var journey = new Journey(Fixture, seed, Moment.InTraining, Moment.InSync with { Window = TimeSpan.FromSeconds(8) })
        {
            OnInstance = (instance, _) =>
            {
                // One for sure, the others by chance.
                var fault = new RunctlSandboxFault { Operation = operation, Kind = kind, InstanceId = instance };
                Fixture.Sandbox.Faults.Add(fault.With(copy => copy.Count = 1));
                Fixture.Sandbox.Faults.Add(fault.With(copy => copy.Probability = probability));
            },
        };
        Assert.Equal(await Undisturbed.WeightsAsync(), await journey.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, journey.Attempts);
        Assert.InRange(journey.Detected, 1, 2);
        Assert.Contains(Fixture.Sandbox.Faults.All, rule => rule.Fault.Operation == operation && rule.Hits > 0);
    }

    [Fact]
    public async Task Although_the_guard_is_killed_at_the_notice_the_weights_are_those_of_the_undisturbed_run()
    {
        var journey = new Journey(Fixture, 35, Moment.InTraining with { KillsGuard = true });
        Assert.Equal(await Undisturbed.WeightsAsync(), await journey.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal((2, 1), (journey.Attempts, journey.Detected));
    }
}
