using System.Text.Json;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Runs;

namespace Runctl.Core.Tests.Instances;

/// <summary>Whether an instance may go after its training was stopped.</summary>
public sealed class SaveOutcomeTests
{
    [Theory]
    [InlineData("uploaded", false, true)]
    [InlineData("uploaded", true, true)]
    [InlineData("saved", true, true)]
    [InlineData("saved", false, false)]
    [InlineData("failed", true, false)]
    [InlineData("failed", false, false)]
    [InlineData("nothing-to-save", false, true)]
    public void The_outcome_of_the_stop_decides(string outcome, bool keepsDisk, bool isSafe) => Assert.Equal(isSafe, SaveOutcome.Problem(Status("stopped", outcome), keepsDisk) is null);

    [Fact]
    public void A_training_that_goes_on_is_not_safe() => Assert.NotNull(SaveOutcome.Problem(Status("stopping", "uploaded"), keepsDisk: true));

    [Fact]
    public void Silence_is_not_safe() => Assert.NotNull(SaveOutcome.Problem(Status("stopped", null), keepsDisk: true));

    [Fact]
    public void The_newest_outcome_counts()
    {
        var status = Status("stopped", "failed");
        Assert.Null(SaveOutcome.Problem(status with { Events = [.. status.Events!, .. Status("stopped", "uploaded").Events!] }, keepsDisk: false));
    }

    [Fact]
    public void An_older_checkpoint_in_S3_does_not_make_the_newest_safe()
    {
        var status = Status("stopped", "uploaded");
        Assert.NotNull(SaveOutcome.Problem(status with { Events = [status.Events![0].With(copy => copy.Details = JsonSerializer.SerializeToElement(new { outcome = "uploaded", unsaved = "epoch_3.pt" }))] }, keepsDisk: false));
        Assert.Null(SaveOutcome.Problem(status with { Events = [status.Events![0].With(copy => copy.Details = JsonSerializer.SerializeToElement(new { outcome = "uploaded", unsaved = (string?)null }))] }, keepsDisk: false));
    }

    private static GuardStatus Status(string state, string? outcome) => new()
    {
        Runs = [new RunState { RunId = "r", State = state }],
        Events = outcome is null ? [] : [new RunctlEvent { RunId = "r", InstanceId = "i", Kind = EventKinds.TrainingStopped, Message = "Training stopped", Time = DateTime.UnixEpoch, Details = JsonSerializer.SerializeToElement(new { outcome }) }],
    };
}
