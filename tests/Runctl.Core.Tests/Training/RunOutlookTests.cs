using Runctl.Core.Tests.Fakes;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

/// <summary>Whether something continues a run whose attempt was cut off.</summary>
public sealed class RunOutlookTests
{
    private static readonly DateTimeOffset Ended = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    // Without automatic resume nothing continues it, however fresh the interruption is.
    [InlineData("interrupted", "terminated", "terminate", "", "", 0, false)]
    [InlineData("lost", "terminated", "terminate", "", "", 0, false)]
    // A monitor of this session, or the claim of another one.
    [InlineData("interrupted", "terminated", "terminate", "here", "", 600, true)]
    [InlineData("lost", "terminated", "terminate", "here", "", 600, true)]
    [InlineData("interrupted", "terminated", "terminate", "claim", "", 600, true)]
    // A session with automatic resume claims the run within five minutes, or not at all.
    [InlineData("interrupted", "terminated", "terminate", "auto", "", 4, true)]
    [InlineData("lost", null, "terminate", "auto", "", 4, true)]
    [InlineData("interrupted", "terminated", "terminate", "auto", "", 6, false)]
    [InlineData("interrupted", "terminated", "terminate", "auto used", "", 0, false)]
    // A guard starts the training again if its notice is withdrawn.
    [InlineData("interrupted", "running", "terminate", "", "imds", 5, true)]
    [InlineData("interrupted", "running", "terminate", "", "imds", 10, false)]
    [InlineData("interrupted", "shutting-down", "terminate", "", "imds", 1, false)]
    [InlineData("interrupted", "running", "terminate", "", "drill", 1, false)]
    [InlineData("interrupted", "running", "terminate", "", "withdrawn", 1, true)]
    // What hibernated wakes with its training; what stopped is waited for by a session, if the run says so.
    [InlineData("lost", "stopped", "hibernate", "", "", 6000, true)]
    [InlineData("lost", "running", "hibernate", "back", "", 6000, true)]
    [InlineData("lost", "running", "hibernate", "", "", 6000, false)]
    [InlineData("interrupted", "stopped", "hibernate", "", "", 6000, false)]
    [InlineData("interrupted", "stopped", "stop", "auto wait", "", 6000, true)]
    [InlineData("interrupted", "stopped", "stop", "auto", "", 6000, false)]
    [InlineData("interrupted", "stopped", "stop", "wait", "", 6000, false)]
    [InlineData("interrupted", "stopped", "stop", "auto wait owner", "", 6000, false)]
    [InlineData("interrupted", "terminated", "stop", "auto wait", "", 6000, false)]
    // Once it is back its session has five minutes again.
    [InlineData("interrupted", "running", "stop", "auto wait back", "", 6000, true)]
    public void It_continues_if_something_resumes_it(string state, string? instance, string behavior, string knows, string notice, int minutes, bool continues)
    {
        var known = knows.Split(' ');
        var now = Ended.AddMinutes(minutes);
        var facts = new RunFacts
        {
            State = state,
            Since = Ended,
            ResumesHere = known.Contains("here"),
            Claim = known.Contains("claim") ? new AttemptRecord { Number = 2, State = RunStates.Claimed, ClaimedBy = "me@there" } : null,
            Policy = new RunPolicy { AutoResume = known.Contains("auto"), MaxResumes = known.Contains("used") ? 1 : 10, StoppedInstance = known.Contains("wait") ? "wait" : "replace" },
            Resumes = 1,
            Instance = instance is null ? null : Instance(instance, behavior, known, now),
            RestartsUntil = RunFacts.RestartOf(Events(notice)),
        };
        var outlook = RunOutlook.Of(facts, now);
        Assert.Equal(continues, outlook.Continues);
        Assert.NotEmpty(outlook.Reason);
    }

    [Fact]
    public void A_claim_names_the_session_that_has_it() => Assert.Contains(
        "attempt 2 is prepared by me@there",
        RunOutlook.Of(new RunFacts { State = RunStates.Interrupted, Since = Ended, Claim = new AttemptRecord { Number = 2, State = RunStates.Claimed, ClaimedBy = "me@there" } }, Ended).Reason,
        StringComparison.Ordinal);

    private static RunctlInstance Instance(string state, string behavior, string[] known, DateTimeOffset now)
    {
        var ec2 = new FakeInstances();
        ec2.Add("i-1", state, tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.Interruption] = behavior });
        ec2.Change("i-1", i => i.With(copy => { copy.StateReason = known.Contains("owner") ? "Client.UserInitiatedShutdown: stopped" : null; copy.LaunchTime = known.Contains("back") ? now.AddMinutes(-1).UtcDateTime : null; }));
        return ec2.All[0];
    }

    private static IEnumerable<RunctlEvent> Events(string notice) => notice switch
    {
        "" => [],
        "withdrawn" => [Event(EventKinds.InterruptionDetected, "imds"), Event(EventKinds.InterruptionWithdrawn, "imds")],
        _ => [Event(EventKinds.InterruptionDetected, notice)],
    };

    private static RunctlEvent Event(string kind, string source) => RunctlJson.Read<RunctlEvent>(
        $$"""{"schema":1,"seq":1,"time":"2026-01-31T12:00:00Z","kind":"{{kind}}","instance_id":"i-1","message":"","data":{"source":"{{source}}","deadline":"2026-01-31T12:02:00Z"} }""");
}
