using Runctl.Core.Tests.Fakes;
using Runctl.Pacing;

namespace Runctl.Core.Tests.Pacing;

public sealed class TimeLimitTests
{
    [Fact]
    public void A_limit_longer_than_any_timer_is_taken()
    {
        using var limit = new TimeLimit(TimeSpan.FromDays(365), new SteppedTimeProvider(), CancellationToken.None);
        Assert.False(limit.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_limit_ends_when_its_time_is_over()
    {
        var time = new InstantTimeProvider();
        using var limit = new TimeLimit(TimeSpan.FromDays(29), time, CancellationToken.None);
        var ended = new TaskCompletionSource();
        await using var registration = limit.Token.Register(ended.SetResult);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.FromDays(29), time.GetElapsedTime(0));
    }

    [Fact]
    public void Who_stops_waiting_ends_it()
    {
        using var stop = new CancellationTokenSource();
        using var limit = new TimeLimit(null, new SteppedTimeProvider(), stop.Token);
        stop.Cancel();
        Assert.True(limit.Token.IsCancellationRequested);
    }
}
