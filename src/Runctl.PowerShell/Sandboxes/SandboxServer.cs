using Runctl.Configuration;
using Runctl.Ports;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Starts sandboxes. Its assembly is loaded when this is first used.</summary>
internal static class SandboxServer
{
    /// <summary>Starts one that belongs to a session; without policies of its own it has those of the settings.</summary>
    public static async Task<RunctlSandbox> StartAsync(RunctlSession owner, StartRunctlSandboxCommand given, RunctlConfiguration settings, CancellationToken cancellationToken)
    {
        var defaults = new Runctl.Sandbox.SandboxOptions();
        string[] buckets = [.. given.S3Bucket.Append(defaults.Bucket).Append(SandboxNames.DocumentedBucket).Distinct(StringComparer.Ordinal)];
        string[] profiles = [.. given.IamInstanceProfile.Append(defaults.InstanceProfile).Append(SandboxNames.DocumentedInstanceProfile).Distinct(StringComparer.Ordinal)];
        var options = new Runctl.Sandbox.SandboxOptions
        {
            Bucket = buckets[0],
            OtherBuckets = buckets[1..],
            InstanceProfile = profiles[0],
            OtherInstanceProfiles = profiles[1..],
            BootTime = given.BootTime,
            FaultSeed = given.FaultSeed,
            SpotVcpuQuota = given.SpotVcpuQuota,
            Conditions = SandboxMapping.Change(new Runctl.Sandbox.SandboxConditions(), given),
            Policies = given.Policy.Length > 0 ? SandboxMapping.Policies(given.Policy) : SandboxMapping.Policies(settings, profiles),
        };
        foreach (var (pool, error) in TextTable.Of(given.PoolError))
        {
            options.PoolErrors[pool] = error;
        }

        foreach (var fault in given.Fault)
        {
            options.Faults.Add(fault);
        }

        var server = await Runctl.Sandbox.RunctlSandbox.StartAsync(options, cancellationToken);
        var sandbox = new RunctlSandbox(new CloudCredentials(server.AccessKeyId, server.SecretAccessKey, null), new CloudCredentials(server.AdministratorAccessKeyId, server.AdministratorSecretAccessKey, null))
        {
            EndpointUrl = server.Endpoint,
            Region = server.Region,
            S3Bucket = server.Bucket,
            IamInstanceProfile = server.InstanceProfile,
            Directory = server.Directory,
        };
        RunningSandboxes.Add(sandbox, server, owner);
        return sandbox;
    }
}
