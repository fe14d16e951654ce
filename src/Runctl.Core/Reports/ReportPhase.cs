namespace Runctl.Reports;

/// <summary>A part of a longer sequence, in the order in which it happened.</summary>
/// <param name="Name">For example detect, signal, save, check, upload, commit, launch and boot, code, restore, setup.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record ReportPhase(string Name, double Seconds);
