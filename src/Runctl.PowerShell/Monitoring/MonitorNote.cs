using Runctl.Events;
using Runctl.Training;

namespace Runctl.PowerShell.Monitoring;

/// <summary>One thing a monitor told: an event, a warning, how a run has ended, or that the monitor has.</summary>
internal sealed record MonitorNote(RunctlEvent? Event = null, string? Warning = null, RunctlTraining? Ended = null, bool IsStopped = false);
