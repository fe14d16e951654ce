using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Core.Tests.Monitoring;
using Runctl.Core.Tests.Resuming;
using Runctl.Events;
using Runctl.Json;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Events;

/// <summary>Past and coming events of a run, each once and in order.</summary>
public sealed class EventHistoryTests : IDisposable
{
    private const string Run = Story.RunId;
    private readonly Story _story = new();
    private readonly List<string> _warnings = [];
    private int _asked;

    /// <summary>The clock of these tests runs as fast as it is asked: a reader that does not end is told to.</summary>
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));

    private CancellationToken Token => _limit.Token;

    public void Dispose()
    {
        _limit.Dispose();
        _story.Cloud.Dispose();
    }

    [Fact]
    public async Task Events_of_all_attempts_come_in_order_and_each_once()
    {
        End(1, RunStates.Interrupted);
        _story.Ship(1, EventKinds.TrainingStarted, EventKinds.InterruptionHandled);
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Finished, InstanceId = "i-2", Started = DateTimeOffset.UnixEpoch });
        _story.Ship(2, EventKinds.TrainingStarted, EventKinds.TrainingFinished);
        // A segment that was put together with another one lies beside it.
        _story.Cloud.Store.Put(Keys.Events(Run, 2) + "000000000002.jsonl", Line(2, 2, EventKinds.TrainingFinished));

        Assert.Equal(["1 TrainingStarted", "1 InterruptionHandled", "2 TrainingStarted", "2 TrainingFinished"], await ReadAsync(new()));
        Assert.Equal(["2 TrainingStarted", "2 TrainingFinished"], await ReadAsync(new() { Attempt = 2 }));
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task What_sessions_did_for_the_run_comes_once_and_in_the_order_of_time()
    {
        await ResumedAsync();
        string[] all = ["1 InterruptionDetected", "2 ResumeBegun", "1 InterruptionHandled", "2 ReplacementLaunched", "2 TrainingStarted", "2 TrainingResumed", "2 TrainingFinished"];
        Assert.Equal(all, await ReadAsync(new()));
        Assert.Equal(all, await ReadAsync(new() { Follow = true }));
        Assert.Equal(["1 InterruptionDetected", "1 InterruptionHandled"], await ReadAsync(new() { Attempt = 1 }));
        Assert.Equal(all.Where(e => e.StartsWith('2')), await ReadAsync(new() { Attempt = 2 }));
    }

    [Fact]
    public async Task An_event_that_a_session_writes_when_the_next_attempt_has_begun_comes_to_a_follower_too()
    {
        await ResumedAsync();
        End(2, RunStates.Running);
        _story.Cloud.Ec2.Add("i-2");
        Guard();
        var looks = 0;
        _story.Cloud.Store.BeforeListOf = _ =>
        {
            // Attempt 1 is read in two looks.
            if (++looks == 4)
            {
                TellAsync(1, EventKinds.ResumeFailed, 2, 70).GetAwaiter().GetResult();
                End(2, RunStates.Finished);
            }
        };
        Assert.Equal("2 ResumeFailed", (await ReadAsync(new() { Follow = true }))[^1]);
    }

    [Fact]
    public async Task What_others_than_sessions_of_the_run_wrote_in_their_place_is_left_out()
    {
        End(1, RunStates.Finished);
        _story.Ship(1, EventKinds.TrainingStarted, EventKinds.TrainingFinished);
        _story.Cloud.Store.Put(Keys.SessionEvent(Run, 1, "1"), At(1, 0, EventKinds.InterruptionDetected, 0));
        _story.Cloud.Store.Put(Keys.SessionEvent(Run, 1, "2"), At(1, 0, EventKinds.ResumeBegun, 0).Replace(Run, "other-run", StringComparison.Ordinal));
        Assert.Equal(["1 TrainingStarted", "1 TrainingFinished"], await ReadAsync(new()));
    }

    [Fact]
    public async Task The_guard_adds_the_events_that_S3_does_not_have_yet()
    {
        _story.Ship(1, EventKinds.TrainingStarted);
        Guard(Line(1, 1, EventKinds.TrainingStarted), Line(1, 2, EventKinds.CheckpointSaved));
        Assert.Equal(["1 TrainingStarted", "1 CheckpointSaved"], await ReadAsync(new()));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task A_guard_that_cannot_answer_costs_a_warning_and_no_event_of_S3()
    {
        _story.Ship(1, EventKinds.TrainingStarted);
        _story.Cloud.Shell.Answer = (id, _) => FakeGuards.Failed(id, "RunDamaged");
        Assert.Equal(["1 TrainingStarted"], await ReadAsync(new()));
        Assert.Contains("newest events", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_record_all_events_come_from_the_guard()
    {
        _story.Cloud.Store.Objects.Clear();
        Guard(Line(1, 1, EventKinds.TrainingStarted), Line(1, 2, EventKinds.CheckpointSaved));
        Assert.Equal(["1 TrainingStarted", "1 CheckpointSaved"], await ReadAsync(new()));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Events_before_the_wanted_time_are_left_out()
    {
        End(1, RunStates.Finished);
        _story.Ship(1, EventKinds.TrainingStarted, EventKinds.TrainingFinished);
        Assert.Equal(2, (await ReadAsync(new() { Since = DateTimeOffset.UnixEpoch })).Count);
        Assert.Empty(await ReadAsync(new() { Since = DateTimeOffset.UnixEpoch.AddSeconds(1) }));
    }

    [Fact]
    public async Task Events_of_another_run_in_a_segment_are_left_out()
    {
        End(1, RunStates.Finished);
        _story.Cloud.Store.Put(Keys.Events(Run, 1) + "000000000001.jsonl", Line(1, 1, EventKinds.Warning).Replace(Run, "other-run", StringComparison.Ordinal) + "\n" + Line(1, 2, EventKinds.TrainingFinished));
        Assert.Equal(["1 TrainingFinished"], await ReadAsync(new()));
    }

    [Fact]
    public async Task Following_goes_on_across_a_resume_until_the_run_has_ended()
    {
        _story.Cloud.Store.Put(Keys.Spec(Run), RunctlJson.Write(_story.Spec with { Policy = new RunPolicy { AutoResume = true } }));
        Guard();
        var looks = 0;
        _story.Cloud.Store.BeforeListOf = _ =>
        {
            switch (++looks)
            {
                case 3:
                    _story.Ship(1, EventKinds.TrainingStarted, EventKinds.InterruptionDetected);
                    break;
                case 5:
                    _story.Ship(1, EventKinds.TrainingStarted, EventKinds.InterruptionDetected, EventKinds.InterruptionHandled);
                    End(1, RunStates.Interrupted);
                    _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Running, InstanceId = "i-2", Started = DateTimeOffset.UnixEpoch });
                    _story.Cloud.Ec2.Add("i-2");
                    break;
                case 8:
                    _story.Ship(2, EventKinds.TrainingStarted, EventKinds.TrainingFinished);
                    End(2, RunStates.Finished);
                    break;
            }
        };
        Assert.Equal(
            ["1 TrainingStarted", "1 InterruptionDetected", "1 InterruptionHandled", "2 TrainingStarted", "2 TrainingFinished"], await ReadAsync(new() { Follow = true }));
    }

    [Fact]
    public async Task Following_ends_when_the_instance_of_the_attempt_is_gone_without_a_word()
    {
        Guard();
        var looks = 0;
        _story.Cloud.Store.BeforeListOf = _ =>
        {
            if (++looks == 2)
            {
                _story.Cloud.Ec2.Change("i-1", i => i.With(copy => copy.State = "terminated"));
            }
        };
        Assert.Empty(await ReadAsync(new() { Follow = true }));
    }

    [Fact]
    public async Task An_hour_of_following_without_events_makes_at_most_one_request_in_five_seconds()
    {
        Guard();
        _story.Cloud.Store.BeforeListOf = _ =>
        {
            if (_story.Cloud.Time.GetElapsedTime(0) >= TimeSpan.FromHours(1))
            {
                End(1, RunStates.Finished);
            }
        };
        Assert.Empty(await ReadAsync(new() { Follow = true }));
        Assert.InRange(_story.Cloud.Store.Pages + _story.Cloud.Store.Reads, 100, 725);
        Assert.Equal(1, _asked);
    }

    private static RunKeys Keys => new("checkpoints/runctl");

    private static string Line(int attempt, long sequence, string kind) => RunctlJson.Write(new RunctlEvent
    {
        Sequence = sequence, Time = DateTime.UnixEpoch, Kind = kind, InstanceId = "i-1", RunId = Run, Attempt = attempt, Message = kind, Details = RunctlJson.ToElement(new { }),
    });

    private static string At(int attempt, long sequence, string kind, int second) => RunctlJson.Write(new RunctlEvent
    {
        Sequence = sequence, Time = DateTime.UnixEpoch.AddSeconds(second), Kind = kind, InstanceId = "i-1", RunId = Run, Attempt = attempt, Message = kind, Details = RunctlJson.ToElement(new { }),
    });

    /// <summary>A run that was interrupted, and resumed by a session.</summary>
    private async Task ResumedAsync()
    {
        End(1, RunStates.Interrupted);
        _story.Cloud.Store.Put(Keys.Events(Run, 1) + "000000000001.jsonl", At(1, 1, EventKinds.InterruptionDetected, 0) + "\n" + At(1, 2, EventKinds.InterruptionHandled, 5));
        _story.Add(new AttemptRecord { Number = 2, Nonce = "n2", State = RunStates.Finished, InstanceId = "i-2", Started = DateTimeOffset.UnixEpoch });
        _story.Cloud.Store.Put(Keys.Events(Run, 2) + "000000000001.jsonl", At(2, 1, EventKinds.TrainingStarted, 20) + "\n" + At(2, 2, EventKinds.TrainingFinished, 60));
        await TellAsync(2, EventKinds.TrainingResumed, 2, 21);
        await TellAsync(1, EventKinds.ReplacementLaunched, 2, 8);
        await TellAsync(1, EventKinds.ResumeBegun, 2, 1);
    }

    private Task TellAsync(int after, string kind, int attempt, int second) => new SessionEvents(_story.Cloud.Store, _story.Store, Run).WriteAsync(
        RunctlJson.Read<RunctlEvent>(At(attempt, 0, kind, second)), after, Guid.NewGuid(), Token);

    private void End(int attempt, string state) => _story.Add(_story.Record.Attempts.Single(a => a.Number == attempt) with { State = state });

    private void Guard(params string[] events) => _story.Cloud.Shell.Answer = (id, command) =>
    {
        _asked++;
        return FakeGuards.Done(id, $$"""{"events":[{{string.Join(',', events)}}],"more":false}""");
    };

    private async Task<List<string>> ReadAsync(EventOptions options)
    {
        var training = new RunctlTraining { RunId = Run, InstanceId = "i-1", State = RunStates.Running, Region = "us-east-1", S3Bucket = "b", S3Prefix = "saved", RunPrefix = "checkpoints/runctl" };
        var found = new List<string>();
        await foreach (var item in new EventHistory(_story.Cloud, new RunctlConfiguration(), _story.Cloud.Time).ReadAsync(training, options, new Collect<ProgressUpdate>(), _warnings.Add, Token))
        {
            found.Add($"{item.Attempt} {item.Kind}");
        }

        return found;
    }
}
