using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Resuming;

/// <summary>Waiting for the end of a run, and stopping it for good.</summary>
public sealed class WaitTests
{
    private readonly Story _story = new("interrupted");
    private readonly List<string> _warnings = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RunControl Control => new(_story.Cloud, _story.Cloud.Time);

    private RunctlTraining Training => new RunProjection(_story.Cloud, _story.Spec.Store).Of(_story.Record, _story.Record.Attempts[0], "train.py", instanceIsGone: false);

    [Fact]
    public async Task Who_has_waited_for_the_end_of_a_run_can_resume_it_at_once()
    {
        _story.Add(_story.Record.Newest()! with { State = "running" });
        Guard(1, "stopped");
        // Its guard writes the end a moment after it says so: while the record is looked at for the third time.
        OnLook(3, () => _story.Add(_story.Record.Newest()! with { State = "stopped" }));
        Assert.Equal(("stopped", "stopped"), ((await WaitAsync()).State, _story.Record.Newest()!.State));
    }

    [Fact]
    public async Task An_interruption_is_not_the_end_of_a_run_that_another_session_has_claimed()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        _story.Cloud.Ec2.Add("i-2");
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "claimed", ClaimedBy = "another" });
        Guard(2, "finished", """, "exit_code":0""");
        OnLook(5, () => _story.Add(_story.Record.Newest()! with { State = "running", InstanceId = "i-2", Started = DateTimeOffset.UtcNow }));
        OnLook(8, () => _story.Add(_story.Record.Newest()! with { State = "finished" }));
        var ended = await WaitAsync();
        Assert.Equal((2, "i-2", "finished", 0), (ended.Attempt, ended.InstanceId, ended.State, ended.ExitCode));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_run_that_nothing_continues_is_interrupted_and_a_warning_names_the_remedy()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        _story.Add(_story.Record.Newest()! with { ExitCode = 0 });
        var ended = await WaitAsync();
        Assert.Equal(("interrupted", null), (ended.State, ended.ExitCode));
        Assert.Contains($"Resume-RunctlTraining {Story.RunId}", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resume_that_was_given_up_leaves_the_run_interrupted_and_not_failed()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "failed" });
        Assert.Equal((1, "interrupted"), await WaitAsync() is var ended ? (ended.Attempt, ended.State) : default);
    }

    [Fact]
    public async Task A_claim_whose_instance_is_gone_is_waited_for_no_more()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        _story.Cloud.Ec2.Add("i-2", "terminated");
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "claimed", InstanceId = "i-2" });
        Assert.Equal((1, "interrupted"), await WaitAsync() is var ended ? (ended.Attempt, ended.State) : default);
    }

    [Fact]
    public async Task A_run_that_was_interrupted_and_is_stopped_is_resumed_by_no_session_and_no_guard()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        Assert.Equal("stopped", (await StopAsync()).State);
        Assert.True(_story.Record.IsStopped);
        // A guard starts again only if no newer attempt is there.
        Assert.Equal(2, _story.Record.Newest()!.Number);
        Assert.Equal("stopped", (await WaitAsync()).State);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_stop_takes_a_resume_back_and_removes_what_it_launched()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        var claim = new RunClaim(_story.Store, Story.RunId, "another", _story.Cloud.Time);
        await claim.TakeAsync(1, false, Token);
        _story.Cloud.Ec2.Add("i-2", tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.RunId] = Story.RunId });
        _story.Cloud.Ec2.Change("i-2", i => i.With(copy => { copy.LaunchTime = _story.Cloud.Time.GetUtcNow().UtcDateTime; }));
        Assert.Equal((1, "stopped"), await StopAsync() is var stopped ? (stopped.Attempt, stopped.State) : default);
        Assert.Contains("terminate i-2", _story.Cloud.Ec2.Calls);
        // The session that had claimed it starts nothing any more.
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => claim.NoteAsync("i-2", "c7i.large", null, true, Token))).Id);
    }

    [Fact]
    public async Task A_stop_ends_the_attempt_that_trains_wherever_that_is()
    {
        _story.Cloud.Ec2.Add("i-2");
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = "running", InstanceId = "i-2", Started = DateTimeOffset.UtcNow });
        Guard(2, "stopped");
        OnLook(3, () => _story.Add(_story.Record.Newest()! with { State = "stopped" }));
        Assert.Equal((2, "i-2", "stopped"), await StopAsync() is var stopped ? (stopped.Attempt, stopped.InstanceId, stopped.State) : default);
        Assert.Equal(2, _story.Record.Newest()!.Number);
    }

    private Task<RunctlTraining> WaitAsync() => Control.WaitAsync(Training, TimeSpan.FromSeconds(1), _warnings.Add, new Progress<ProgressUpdate>(), Token);

    private Task<RunctlTraining> StopAsync() => Control.StopAsync(Training, TimeSpan.FromSeconds(10), _warnings.Add, Token);

    private void Guard(int attempt, string state, string more = "") => _story.Cloud.Shell.Answer = (id, _) =>
        new CommandOutcome(id, "Success", null, 0, $$"""{"schema":1,"runs":[{"run_id":"{{Story.RunId}}","attempt":{{attempt}},"state":"{{state}}"{{more}}}]}""", "");

    private void OnLook(int number, Action act)
    {
        var looks = 0;
        _story.Cloud.Store.BeforeRead += key =>
        {
            if (key.EndsWith("/run.json", StringComparison.Ordinal) && ++looks == number)
            {
                act();
            }
        };
    }
}
