using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.PowerShell.Composition;

/// <summary>What a command works with for one input: the settings in force and the connection they lead to.</summary>
/// <param name="Configuration">Settings in force.</param>
/// <param name="Cloud">The connection.</param>
internal sealed record CommandScope(RunctlConfiguration Configuration, ICloud Cloud)
{
    /// <summary>Whether the same runs and instances are found by both.</summary>
    public bool IsOfSamePlace(CommandScope other) =>
        (Cloud, Configuration.S3Bucket, Configuration.S3Prefix, Configuration.RunPrefix) == (other.Cloud, other.Configuration.S3Bucket, other.Configuration.S3Prefix, other.Configuration.RunPrefix);
}
