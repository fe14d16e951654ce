namespace Runctl.Runs;

/// <summary>Whether a guard runs on the instance and sees the metadata service.</summary>
internal sealed record GuardHealth(bool Alive, int? Pid, string? Program, string? Imds);
