using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>A run to monitor.</summary>
/// <param name="Training">The run.</param>
/// <param name="PollInterval">How often to ask; the shortest of all targets counts.</param>
/// <param name="AfterSequence">Events up to this one are known already.</param>
public sealed record MonitorTarget(RunctlTraining Training, TimeSpan PollInterval, long AfterSequence = 0);
