using Runctl.Ports;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Starts sandboxes. Its assembly is loaded when this is first used.</summary>
internal static class SandboxServer
{
    /// <summary>Starts one that belongs to a session.</summary>
    public static async Task<RunctlSandbox> StartAsync(RunctlSession owner, IEnumerable<KeyValuePair<string, string>> poolErrors, CancellationToken cancellationToken)
    {
        var options = new Runctl.Sandbox.SandboxOptions();
        foreach (var (pool, error) in poolErrors)
        {
            options.PoolErrors[pool] = error;
        }

        var server = await Runctl.Sandbox.RunctlSandbox.StartAsync(options, cancellationToken);
        var sandbox = new RunctlSandbox(new CloudCredentials(server.AccessKeyId, server.SecretAccessKey, null))
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
