namespace Runctl.Training;

/// <summary>A measured part of a longer sequence.</summary>
/// <param name="Name">For example detect, signal, save, check, upload, commit, restore, setup.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record Phase(string Name, double Seconds);
