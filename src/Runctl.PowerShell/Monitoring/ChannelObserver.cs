using System.Threading.Channels;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Training;

namespace Runctl.PowerShell.Monitoring;

/// <summary>Takes down what a monitor tells on its thread, for the engine's thread to show.</summary>
internal sealed class ChannelObserver(ChannelWriter<MonitorNote> notes) : IMonitorObserver
{
    /// <inheritdoc/>
    public void OnEvent(RunctlEvent runctlEvent) => notes.TryWrite(new MonitorNote(Event: runctlEvent));

    /// <inheritdoc/>
    public void OnWarning(string message) => notes.TryWrite(new MonitorNote(Warning: message));

    /// <inheritdoc/>
    public void OnEnded(RunctlTraining training) => notes.TryWrite(new MonitorNote(Ended: training));

    /// <inheritdoc/>
    public void OnStopped() => notes.TryWrite(new MonitorNote(IsStopped: true));
}
