using Runctl.Events;

namespace Runctl.PowerShell.Monitoring;

/// <summary>One thing a monitor told: an event, a warning, or that a run has ended.</summary>
internal sealed record MonitorNote(RunctlEvent? Event, string? Warning, bool IsEnd);
