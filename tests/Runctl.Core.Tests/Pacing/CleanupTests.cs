using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Pacing;

namespace Runctl.Core.Tests.Pacing;

public sealed class CleanupTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly InstantTimeProvider _time = new();

    [Theory]
    [InlineData(ErrorKind.Connection, true, 3)]
    [InlineData(ErrorKind.PermissionDenied, false, 1)]
    public async Task What_may_pass_is_tried_again_and_what_cannot_is_not(ErrorKind kind, bool works, int tries)
    {
        var count = 0;
        var problem = await Cleanup.InsistAsync(_ => ++count < 3 ? throw new RunctlException("Id", kind, "m") : Task.CompletedTask, Limit, _time);
        Assert.Equal((works, tries), (problem is null, count));
    }

    [Fact]
    public async Task One_try_is_one_try()
    {
        var count = 0;
        var problem = await Cleanup.TryAsync(_ => ++count < 3 ? throw new RunctlException("Id", ErrorKind.Connection, "m") : Task.CompletedTask, Limit, _time);
        Assert.Equal(("Id", 1), (problem!.Id, count));
    }

    [Fact]
    public async Task At_the_end_of_its_limit_the_last_reason_is_told() =>
        Assert.Equal("Last", (await Cleanup.InsistAsync(_ => throw new RunctlException("Last", ErrorKind.Connection, "m"), Limit, _time))!.Id);

    [Fact]
    public async Task A_failure_of_another_kind_hides_nothing() =>
        Assert.Contains("broken", (await Cleanup.TryAsync(_ => throw new InvalidOperationException("broken"), Limit, _time))!.Message, StringComparison.Ordinal);
}
