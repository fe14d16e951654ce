using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.PowerShell.Composition;

/// <summary>What a command works with for one input: the settings in force and the connection they lead to.</summary>
/// <param name="Configuration">Settings in force.</param>
/// <param name="Cloud">The connection.</param>
internal sealed record CommandScope(RunctlConfiguration Configuration, ICloud Cloud);
