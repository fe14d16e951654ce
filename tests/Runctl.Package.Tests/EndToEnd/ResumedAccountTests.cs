using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>What a run that was interrupted and resumed came to, as Get-RunctlTraining tells it.</summary>
public sealed class ResumedAccountTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const decimal OnDemandPrice = 1.006m;

    private readonly HeldTraining _held = new(sandbox, "[prices]\n\"g5.xlarge\" = 1.006\n");

    [Fact]
    public async Task Every_session_tells_what_was_survived_lost_spent_and_saved_and_null_for_what_is_not_known()
    {
        // Both save at step 20, stay at 23, and lose three steps; of the second nobody knows its steps.
        var instance = sandbox.Launch();
        var silent = _held.Start(instance, "-CheckpointDirectory second -ScriptArgument 23, 60, --forgetful, --silent");
        var told = _held.Start(instance, "-ScriptArgument 23, 60, --forgetful");
        var started = (DateTimeOffset)sandbox.Run("$run.Started").Single;
        _held.WaitUntilItStays(silent);
        _held.WaitUntilItStays(told);
        await _held.InterruptAsync(told, window: 15);

        var fresh = Fresh(_held.Project.Directory, told);
        Assert.Equal(("interrupted", 1, 1), ((string)fresh.State, (int)fresh.Attempt, (int)fresh.Interruptions));
        Assert.Null(fresh.TotalStepsLost);
        Assert.Empty(sandbox.Run($"'{silent}', '{told}' | Resume-RunctlTraining -NoMonitor | Wait-RunctlTraining -PollInterval 500ms -Timeout 90s").Errors);

        var here = sandbox.Run($"Get-RunctlTraining {told}").Single;
        Assert.Equal(("finished", 2, 1, 3L, 3L), ((string)here.State, (int)here.Attempt, (int)here.Interruptions, (long)here.StepsLost, (long)here.TotalStepsLost));
        Assert.InRange(((TimeSpan)here.Duration - ((DateTimeOffset)here.Ended - started)).TotalSeconds, -1, 1);
        Assert.True(here.Cost > 0 && here.Savings > 0, $"{here.Cost} spent, {here.Savings} saved");
        Assert.InRange((decimal)(here.Cost + here.Savings), 0.000001m, OnDemandPrice * (decimal)here.Duration.TotalHours);

        fresh = Fresh(_held.Project.Directory, told);
        Assert.Equal(((int)here.Attempt, (int)here.Interruptions, (long)here.TotalStepsLost, (TimeSpan)here.Duration, (decimal)here.Cost, (decimal)here.Savings),
            ((int)fresh.Attempt, (int)fresh.Interruptions, (long)fresh.TotalStepsLost, (TimeSpan)fresh.Duration, (decimal)fresh.Cost, (decimal)fresh.Savings));

        using var elsewhere = new Project();
        var unpriced = Fresh(elsewhere.Directory, told);
        Assert.Equal(3L, unpriced.TotalStepsLost);
        Assert.Equal((decimal)here.Cost, (decimal)unpriced.Cost);
        Assert.Null(unpriced.Savings);

        var quiet = Fresh(_held.Project.Directory, silent);
        Assert.Equal(("finished", 2, 1), ((string)quiet.State, (int)quiet.Attempt, (int)quiet.Interruptions));
        Assert.Null(quiet.LastStep);
        Assert.Null(quiet.StepsLost);
        Assert.Null(quiet.TotalStepsLost);
        Assert.True(quiet.Cost > 0);
    }

    public void Dispose() => _held.Dispose();

    private dynamic Fresh(string directory, string run)
    {
        using var session = new ModuleSession();
        session.GoTo(directory);
        return session.Run($"Get-RunctlTraining {run} -S3Bucket runctl-sandbox {sandbox.Joined}").Single;
    }
}
