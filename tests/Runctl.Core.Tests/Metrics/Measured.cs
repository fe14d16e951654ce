using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Runctl.Metrics;

namespace Runctl.Core.Tests.Metrics;

/// <summary>What is measured by what a test begins after this. The meter is the process's, and other tests run at the same time.</summary>
internal sealed class Measured : IDisposable
{
    private static readonly AsyncLocal<Measured?> Here = new();

    private readonly MeterListener _listener = new();

    public Measured()
    {
        Here.Value = this;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RunctlMetrics.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => Take(instrument));
        _listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Take(instrument));
        _listener.Start();
    }

    /// <summary>Names of the instruments, in order.</summary>
    public ConcurrentQueue<string> Names { get; } = new();

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument)
    {
        if (Here.Value == this)
        {
            Names.Enqueue(instrument.Name);
        }
    }
}
