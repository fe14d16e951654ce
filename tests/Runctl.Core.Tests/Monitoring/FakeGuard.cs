using System.Collections.Concurrent;
using Runctl.Events;
using Runctl.Json;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Monitoring;

/// <summary>One guard as it looks over SSM, and what it was asked.</summary>
internal sealed class FakeGuard(string instanceId)
{
    private readonly List<RunctlEvent> _events = [];

    public string InstanceId => instanceId;

    public ConcurrentQueue<string[]> Called { get; } = new();

    public bool Alive { get; set; } = true;

    public GuardNotice? Notice { get; set; }

    public string Imds { get; set; } = "ok";

    public string State { get; set; } = "running";

    /// <summary>Whether its run is in the status: one of many may not fit.</summary>
    public bool IsListed { get; set; } = true;

    /// <summary>Events a status carries along; the rest has to be asked for.</summary>
    public int Carried { get; set; } = 20;

    public int PageSize { get; set; } = 100;

    public RunctlTraining Training => new() { RunId = "run-" + instanceId, InstanceId = instanceId, ProjectName = "p", Script = "train.py", State = "running", Region = "us-east-1" };

    public int Count(string command) => Called.Count(c => c[0] == command);

    public void Emit(string kind)
    {
        lock (_events)
        {
            _events.Add(new RunctlEvent { Sequence = _events.Count + 1, Time = DateTime.UnixEpoch, Kind = kind, InstanceId = instanceId, RunId = Training.RunId, Attempt = 1, Message = kind, Details = RunctlJson.ToElement(new { }) });
        }
    }

    public string Status(bool whole = false)
    {
        lock (_events)
        {
            return RunctlJson.Write(new GuardStatus
            {
                InstanceId = instanceId,
                Guard = new GuardHealth(Alive, Alive ? 1 : null, null, Imds),
                Notice = Notice,
                Runs = IsListed || whole ? [new RunState { RunId = Training.RunId, State = State, LastSeq = _events.Count }] : [],
                Events = [.. _events.TakeLast(Carried)],
            });
        }
    }

    public string EventPage(long after)
    {
        lock (_events)
        {
            var left = _events.Where(e => e.Sequence > after).ToList();
            return RunctlJson.Write(new { Events = left.Take(PageSize), More = left.Count > PageSize });
        }
    }
}
