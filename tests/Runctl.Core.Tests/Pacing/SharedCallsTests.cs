using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Telling;

namespace Runctl.Core.Tests.Pacing;

public sealed class SharedCallsTests : IDisposable
{
    private readonly InstantTimeProvider _time = new();
    private readonly TokenBucket _pace;
    private readonly SharedCalls _calls;

    public SharedCallsTests()
    {
        _pace = new TokenBucket(perSecond: 10, burst: 20, _time);
        _calls = new SharedCalls(_pace, _time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _calls.Dispose();

    [Fact]
    public async Task A_throttled_call_is_made_again_until_it_succeeds()
    {
        var made = 0;
        Assert.Equal(4, await _calls.RunAsync(() => ++made < 4 ? throw Failure("ThrottlingException") : Task.FromResult(made), Token));
    }

    [Fact]
    public async Task A_refused_connection_is_tried_twice()
    {
        var made = 0;
        await Assert.ThrowsAsync<RunctlException>(() => _calls.RunAsync<int>(() => ++made > 0 ? throw RunctlErrors.ConnectionRefused("SSM", "SendCommand", "http://127.0.0.1:9/", new IOException()) : Task.FromResult(0), Token));
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task A_wait_before_a_repetition_is_told_with_its_reason()
    {
        var (log, made) = (new RecordedLog(), 0);
        using var used = CommandLog.Use(log);
        await _calls.RunAsync(() => ++made < 3 ? throw Failure("ThrottlingException") : Task.FromResult(made), Token, name: ("SSM", "SendCommand"));
        Assert.Equal([("SSM", "SendCommand", "ThrottlingException", 2), ("SSM", "SendCommand", "ThrottlingException", 3)], log.Retries.Select(retry => (retry.Service, retry.Operation, retry.Reason, retry.Try)));
    }

    [Fact]
    public async Task A_call_that_can_not_succeed_is_made_once()
    {
        var made = 0;
        await Assert.ThrowsAsync<RunctlException>(() => _calls.RunAsync<int>(() => ++made > 0 ? throw Failure("AccessDeniedException", transient: false) : Task.FromResult(0), Token));
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task All_calls_together_are_repeated_no_more_often_than_the_budget_allows()
    {
        var made = 0;
        var failures = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => FailAsync(() => Interlocked.Increment(ref made))));
        Assert.All(failures, Assert.NotNull);
        Assert.Equal(30 + SharedCalls.Budget - SharedCalls.Reserve, made);
    }

    [Fact]
    public async Task Good_answers_pay_the_budget_back()
    {
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => FailAsync(() => 0)));
        var made = 0;
        await FailAsync(() => made++);
        Assert.Equal(1, made);
        for (var i = 0; i < 11; i++)
        {
            await _calls.RunAsync(() => Task.FromResult(0), Token);
        }

        made = 0;
        await FailAsync(() => made++);
        Assert.Equal(3, made);
    }

    [Fact]
    public async Task Throttling_halves_the_pace_of_all_and_good_answers_bring_it_back()
    {
        var made = 0;
        await _calls.RunAsync(() => ++made < 3 ? throw Failure("ThrottlingException") : Task.FromResult(made), Token);
        Assert.Equal(2.7, _pace.PerSecond, 3);
        for (var i = 0; i < 60; i++)
        {
            await _calls.RunAsync(() => Task.FromResult(0), Token);
        }

        Assert.Equal(10, _pace.PerSecond, 3);
    }

    [Fact]
    public async Task A_connection_that_broke_is_tried_again_at_the_same_pace()
    {
        var made = 0;
        await _calls.RunAsync(() => ++made < 3 ? throw Failure(null) : Task.FromResult(made), Token);
        Assert.Equal(10, _pace.PerSecond, 3);
    }

    [Fact]
    public async Task A_service_that_fails_otherwise_is_not_asked_more_slowly()
    {
        var made = 0;
        await _calls.RunAsync(() => ++made < 3 ? throw Failure("InternalError") : Task.FromResult(made), Token);
        Assert.Equal(10, _pace.PerSecond, 3);
    }

    [Fact]
    public async Task What_is_urgent_goes_before_all_that_waits_and_is_repeated_when_the_others_have_used_the_budget_up()
    {
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => FailAsync(() => 0)));
        var made = 0;
        Assert.Equal(3, await _calls.RunAsync(() => ++made < 3 ? throw Failure("ThrottlingException") : Task.FromResult(made), Token, isUrgent: true));
        using var slow = new TokenBucket(perSecond: 0.001, burst: 1, new SteppedTimeProvider());
        await slow.TakeAsync(Token);
        using var enough = new CancellationTokenSource();
        var waiting = slow.TakeAsync(enough.Token);
        await slow.TakeAsync(Token, isUrgent: true).WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.False(waiting.IsCompleted);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private async Task<RunctlException?> FailAsync(Func<int> count)
    {
        try
        {
            return await _calls.RunAsync<RunctlException?>(
                () =>
                {
                    count();
                    throw Failure("ThrottlingException");
                },
                Token);
        }
        catch (RunctlException e)
        {
            return e;
        }
    }

    private static RunctlException Failure(string? code, bool transient = true) => new("X", ErrorKind.Connection, "It failed.") { ServiceErrorCode = code, IsTransient = transient };
}
