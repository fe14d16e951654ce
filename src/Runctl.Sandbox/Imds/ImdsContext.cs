using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Imds;

/// <summary>What the metadata services of a sandbox share.</summary>
/// <param name="Region">The sandbox's region.</param>
/// <param name="Account">The twelve digits of its account.</param>
/// <param name="Credentials">Where the temporary credentials of instance roles come from.</param>
/// <param name="Conditions">What the instances live with.</param>
/// <param name="Gate">Where faults strike.</param>
/// <param name="Clock">The time.</param>
internal sealed record ImdsContext(
    string Region, string Account, CredentialStore Credentials, ConditionTable Conditions, FaultGate Gate, TimeProvider Clock);
