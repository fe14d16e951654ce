using System.Diagnostics.Metrics;
using System.Text.Json;
using Runctl.Events;
using Runctl.Metrics;

namespace Runctl.Core.Tests.Metrics;

public sealed class MetricsTests : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(string Name, double Value, string Tags)> _seen = [];
    private readonly string _instance = "i-" + Guid.NewGuid().ToString("N");

    public MetricsTests()
    {
        // As an exporter does it: by the meter's name.
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Runctl")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void An_interruption_its_outcome_and_its_phases_are_seen_by_any_listener()
    {
        Tell(1, EventKinds.InterruptionDetected, """{"action":"terminate","source":"TEST"}""");
        Tell(2, EventKinds.InterruptionHandled, """{"outcome":"TEST uploaded","phases":[{"name":"TEST save","seconds":1.5},{"name":"TEST upload","seconds":0.25}]}""");
        Assert.Equal(
            [("runctl.interruptions", 1, "action=terminate source=TEST"), ("runctl.outcomes", 1, "outcome=TEST uploaded"), ("runctl.phase.duration", 1.5, "phase=TEST save"), ("runctl.phase.duration", 0.25, "phase=TEST upload")],
            Ours());
    }

    [Fact]
    public void An_event_that_two_are_told_counts_once()
    {
        Tell(1, EventKinds.InterruptionDetected, """{"action":"TEST once"}""");
        Tell(1, EventKinds.InterruptionDetected, """{"action":"TEST once"}""");
        Assert.Single(Ours());
    }

    [Fact]
    public void Only_an_attempt_that_began_from_a_checkpoint_is_a_resume()
    {
        var before = Resumes();
        Tell(1, EventKinds.TrainingStarted, """{"resumed_from":null}""");
        Assert.Equal(before, Resumes());
        Tell(2, EventKinds.TrainingStarted, """{"resumed_from":{"name":"epoch_1.pt"}}""");
        Assert.Equal(before + 1, Resumes());

        int Resumes()
        {
            lock (_seen)
            {
                return _seen.Count(measured => measured.Name == "runctl.resumes");
            }
        }
    }

    [Fact]
    public void Data_of_another_form_is_not_counted_and_does_no_harm()
    {
        Tell(1, EventKinds.InterruptionHandled, """{"outcome":"TEST odd","phases":[{"name":"TEST"},{"name":"TEST","seconds":"1"}]}""");
        Tell(2, EventKinds.CheckpointRestored, "[]");
        Assert.Single(Ours());
    }

    private void Tell(long sequence, string kind, string data) => RunctlMetrics.Count(new RunctlEvent
    {
        Sequence = sequence, Time = DateTime.UtcNow, Kind = kind, InstanceId = _instance, RunId = "r", Message = "", Details = JsonDocument.Parse(data).RootElement,
    });

    // The meter is the process's: other tests are told of interruptions at the same time.
    private (string Name, double Value, string Tags)[] Ours()
    {
        lock (_seen)
        {
            return [.. _seen.Where(measured => measured.Tags.Contains("TEST", StringComparison.Ordinal))];
        }
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        lock (_seen)
        {
            _seen.Add((instrument.Name, value, text));
        }
    }
}
