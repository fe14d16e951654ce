using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Resuming;
using Runctl.Errors;
using Runctl.Runs;

namespace Runctl.Core.Tests.Runs;

/// <summary>Changes of a run's record while S3 is busy, or others change it too; the clock moves by the pauses alone.</summary>
public sealed class RecordChangeTests
{
    private readonly Story _story = new();
    private readonly InstantTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RunStore Store => new(_story.Cloud.Store, "b", "checkpoints/runctl", _time);

    [Theory]
    [InlineData("SlowDown")]
    [InlineData("InternalError")]
    [InlineData(null)]
    public async Task Half_a_minute_of_failures_costs_no_change(string? code)
    {
        _story.Cloud.Store.BeforeRead = _ => Fail(code, TimeSpan.FromSeconds(30));
        await ChangeAsync();
        Assert.Equal("changed", _story.Record.Outcome);
        Assert.InRange(Elapsed.TotalSeconds, 30, 36);
    }

    [Fact]
    public async Task More_than_a_minute_of_them_is_the_failure_that_S3_gave()
    {
        var tries = 0;
        _story.Cloud.Store.BeforeRead = _ =>
        {
            tries++;
            Fail("SlowDown", TimeSpan.MaxValue);
        };
        var error = await Assert.ThrowsAsync<RunctlException>(ChangeAsync);
        Assert.Equal("SlowDown", error.ServiceErrorCode);
        Assert.Equal(RecordPatience.Budget, Elapsed);
        Assert.InRange(tries, 12, 30);
    }

    [Fact]
    public async Task A_few_conflicts_in_a_row_are_tried_again_at_once()
    {
        await ChangeAsync(RecordPatience.MostConflicts);
        Assert.Equal("changed", _story.Record.Outcome);
        Assert.Equal(TimeSpan.Zero, Elapsed);
    }

    [Fact]
    public async Task Conflicts_without_end_are_told_after_a_minute()
    {
        var error = await Assert.ThrowsAsync<RunctlException>(() => ChangeAsync(int.MaxValue));
        Assert.Equal("RecordContended", error.Id);
        Assert.Equal(RecordPatience.Budget, Elapsed);
    }

    [Fact]
    public async Task A_refusal_is_told_at_once()
    {
        _story.Cloud.Store.BeforeRead = _ => throw new RunctlException("X", ErrorKind.PermissionDenied, "No.");
        await Assert.ThrowsAsync<RunctlException>(ChangeAsync);
        Assert.Equal(TimeSpan.Zero, Elapsed);
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(0);

    private Task<RunRecord?> ChangeAsync() => ChangeAsync(0);

    private Task<RunRecord?> ChangeAsync(int conflicts) => Store.ChangeAsync(
        Story.RunId,
        record =>
        {
            if (conflicts-- > 0)
            {
                // Another writer is quicker.
                _story.Write(record);
            }

            return record with { Outcome = "changed" };
        },
        Token);

    private void Fail(string? code, TimeSpan until)
    {
        if (Elapsed < until)
        {
            throw new RunctlException("X", ErrorKind.Connection, "S3 is busy.") { IsTransient = true, ServiceErrorCode = code };
        }
    }
}
