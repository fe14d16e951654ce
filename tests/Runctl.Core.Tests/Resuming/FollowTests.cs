using System.Globalization;
using System.IO.Compression;
using System.Text;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Resuming;

/// <summary>Waiting for a run, following its log and following its events end together: one rule says whether something continues it.</summary>
public sealed class FollowTests : IDisposable
{
    private const string Wait = "wait";
    private const string Log = "log";
    private const string Events = "events";

    private readonly Story _story = new("interrupted");
    private readonly Collect<ProgressUpdate> _progress = new();
    private readonly List<string> _warnings = [];
    private readonly SortedDictionary<int, Action> _acts = [];
    private int _calls;

    /// <summary>The clock of these tests runs as fast as it is asked: a follower that does not end is told to.</summary>
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));

    public FollowTests()
    {
        _story.Cloud.Ec2.Add("i-1", "terminated");
        Put(1, 0, "1\n");
        _story.Ship(1, EventKinds.TrainingStarted);
        _story.Cloud.Store.BeforeRead = _ => Called();
        _story.Cloud.Store.BeforeListOf = _ => Called();
    }

    public void Dispose()
    {
        _limit.Dispose();
        _story.Cloud.Dispose();
    }

    [Theory]
    [InlineData(Wait)]
    [InlineData(Log)]
    [InlineData(Events)]
    public async Task The_claim_of_another_session_is_waited_for_until_its_attempt_has_ended(string follower)
    {
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Claimed, ClaimedBy = "me@there" });
        After(100, () => Second(RunStates.Finished));
        Assert.Equal([1, 2], await FollowAsync(follower));
        Assert.Empty(_warnings);
        Assert.Contains(_progress.All, told => told.Status == "attempt 2 is prepared by me@there");
    }

    [Theory]
    [InlineData(Wait)]
    [InlineData(Log)]
    [InlineData(Events)]
    public async Task A_monitor_of_this_session_is_waited_for_as_long_as_it_resumes(string follower)
    {
        var isResumed = true;
        var cell = new RunCell(Story.RunId);
        cell.Add(() => isResumed);
        After(100, () => Second(RunStates.Interrupted));
        After(200, () => isResumed = false);
        Assert.Equal([1, 2], await FollowAsync(follower, cell));
        Assert.Contains(_progress.All, told => told.Status == "this session resumes it");
        Assert.Contains("is interrupted, and nothing continues it: the run was started without automatic resume. Resume it with", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Wait)]
    [InlineData(Log)]
    [InlineData(Events)]
    public async Task A_run_that_nothing_continues_is_followed_no_longer_and_a_warning_names_the_remedy(string follower)
    {
        Assert.Equal([1], await FollowAsync(follower));
        Assert.Contains($"Resume-RunctlTraining {Story.RunId}", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Wait)]
    [InlineData(Log)]
    [InlineData(Events)]
    public async Task A_session_that_is_to_resume_the_run_is_waited_for_and_not_for_ever(string follower)
    {
        _story.Cloud.Store.Put(_story.Store.Keys.Spec(Story.RunId), RunctlJson.Write(_story.Spec with { Policy = new RunPolicy { AutoResume = true } }));
        _story.Add(_story.Record.Newest()! with { Ended = DateTimeOffset.UtcNow.AddMinutes(-5).AddMilliseconds(300) });
        Assert.Equal([1], await FollowAsync(follower));
        Assert.Contains("no session has claimed it within 5 minutes", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Contains(_progress.All, told => told.Status == "a session with automatic resume has not claimed it yet");
    }

    [Theory]
    [InlineData(Wait)]
    [InlineData(Log)]
    [InlineData(Events)]
    public async Task A_resume_that_is_given_up_is_not_the_end_of_what_another_one_continues(string follower)
    {
        var cell = new RunCell(Story.RunId);
        cell.Add(() => true);
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Failed, InstanceId = "i-2" });
        After(100, () => _story.Add(new AttemptRecord { Number = 3, Nonce = "n3", State = RunStates.Stopped }));
        Assert.Equal(1, (await FollowAsync(follower, cell))[0]);
        Assert.InRange(_calls, 100, int.MaxValue);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(Wait)]
    [InlineData(Log)]
    [InlineData(Events)]
    public async Task A_training_that_hibernates_is_followed_when_it_wakes_and_nothing_comes_twice(string follower)
    {
        _story.Add(_story.Record.Newest()! with { State = RunStates.Running });
        _story.Cloud.Ec2.Clear();
        _story.Cloud.Ec2.Add("i-1", "stopped", tags: new() { [RunctlTags.Managed] = "1", [RunctlTags.Interruption] = "hibernate" });
        _story.Cloud.Shell.Answer = (id, _) =>
        {
            Called();
            return new CommandOutcome(id, "Success", null, 0, $$"""{"schema":1,"runs":[{"run_id":"{{Story.RunId}}","attempt":1,"state":"{{_story.Record.Newest()!.State}}"}],"events":[],"more":false,"offset":2,"size":2,"ended":false,"data":""}""", "");
        };
        After(100, () => _story.Cloud.Ec2.Change("i-1", i => i.With(copy => { copy.State = "running"; copy.LaunchTime = DateTime.UtcNow; })));
        After(200, () =>
        {
            Put(1, 2, "1\n");
            _story.Ship(1, EventKinds.TrainingStarted, EventKinds.TrainingFinished);
            _story.Add(_story.Record.Newest()! with { State = RunStates.Finished });
        });
        Assert.Equal(follower == Wait ? [1] : [1, 1], await FollowAsync(follower));
        Assert.Empty(_warnings);
        Assert.Contains(_progress.All, told => told.Status.Contains("when EC2 wakes it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_attempt_that_is_followed_ends_with_it()
    {
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Claimed, ClaimedBy = "another" });
        Assert.Equal([1], await FollowAsync(Log, attempt: 1));
        Assert.Equal([1], await FollowAsync(Events, attempt: 1));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_log_that_is_followed_from_the_claim_on_begins_with_the_attempt_of_the_claim()
    {
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Claimed, ClaimedBy = "another" });
        After(20, () => Second(RunStates.Finished));
        Assert.Equal([2], await FollowAsync(Log, of: 2));
    }

    [Fact]
    public async Task A_log_that_is_read_between_two_attempts_says_so_and_names_the_command_that_continues()
    {
        var cell = new RunCell(Story.RunId);
        cell.Add(() => true);
        Assert.Equal([1], await FollowAsync(Log, cell, follow: false));
        Assert.Equal($"Run {Story.RunId} is interrupted, and this session resumes it: this is the log of attempt 1. Get-RunctlTrainingLog {Story.RunId} -Follow continues with the next attempt.", Assert.Single(_warnings));
        _warnings.Clear();
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Claimed });
        Assert.Empty(await FollowAsync(Log, of: 2, follow: false));
        Assert.Contains($"Get-RunctlTrainingLog {Story.RunId} -Attempt 1 shows", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    /// <summary>The attempts that a follower came to see, in order.</summary>
    private async Task<List<int>> FollowAsync(string follower, RunCell? cell = null, int? attempt = null, int of = 1, bool follow = true)
    {
        var found = new List<int>();
        var training = new RunProjection(_story.Cloud, _story.Spec.Store).Of(_story.Record, _story.Record.Attempts[of - 1], "train.py", instanceIsGone: false).With(copy => copy.Cell = cell);
        switch (follower)
        {
            case Wait:
                var ended = await new RunControl(_story.Cloud, _story.Cloud.Time).WaitAsync(training, TimeSpan.FromSeconds(1), _warnings.Add, _progress, _limit.Token);
                found.AddRange(Enumerable.Range(1, ended.Attempt));
                break;
            case Log:
                await foreach (var line in new TrainingLog(_story.Cloud, new RunctlConfiguration(), _story.Cloud.Time).ReadAsync(training, new() { Follow = follow, Attempt = attempt }, _progress, _warnings.Add, _limit.Token))
                {
                    found.Add(int.Parse(line, CultureInfo.InvariantCulture));
                }

                break;
            default:
                await foreach (var item in new EventHistory(_story.Cloud, new RunctlConfiguration(), _story.Cloud.Time).ReadAsync(training, new() { Follow = follow, Attempt = attempt }, _progress, _warnings.Add, _limit.Token))
                {
                    found.Add(item.Attempt!.Value);
                }

                break;
        }

        return found;
    }

    private void Second(string state)
    {
        Put(2, 0, "2\n");
        _story.Ship(2, EventKinds.TrainingStarted);
        _story.Cloud.Ec2.Add("i-2", "terminated");
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = state, InstanceId = "i-2", Started = DateTimeOffset.UtcNow });
    }

    private void After(int calls, Action act) => _acts[calls] = act;

    private void Called()
    {
        _calls++;
        if (_acts.Count > 0 && _acts.First() is { } next && next.Key <= _calls)
        {
            _acts.Remove(next.Key);
            next.Value();
        }
    }

    private void Put(int attempt, long offset, string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        _story.Cloud.Store.Objects[$"checkpoints/runctl/runs/{Story.RunId}/log/{attempt}/{offset:D12}.gz"] = (buffer.ToArray(), Guid.NewGuid().ToString());
    }
}
