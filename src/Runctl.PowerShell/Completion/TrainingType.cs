namespace Runctl.PowerShell.Completion;

/// <summary>An instance type people train on.</summary>
/// <param name="Name">For example g5.xlarge.</param>
/// <param name="Processors">Number of vCPUs.</param>
/// <param name="Memory">Memory in GiB.</param>
/// <param name="Accelerators">Number of GPUs or other accelerators.</param>
/// <param name="About">The accelerator with its memory, or the architecture.</param>
internal sealed record TrainingType(string Name, int Processors, int Memory, int Accelerators, string About)
{
    /// <summary>What users see beside the name.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Processors} vCPU, {Memory} GiB, {(Accelerators > 0 ? $"{Accelerators} x " : "")}{About}");
}
