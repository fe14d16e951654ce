using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Sandboxes;

namespace Runctl.PowerShell.Composition;

/// <summary>Makes connections of settings, and settings of the sandbox in use.</summary>
internal static class Connections
{
    /// <summary>The connection that settings lead to.</summary>
    /// <param name="configuration">The settings in force.</param>
    /// <param name="variables">Variables of the session, in which AWS.Tools keeps its credentials.</param>
    /// <param name="isProfileNamed">Whether the user names the profile: it has to exist then even if the sandbox's own keys are used.</param>
    public static CloudConnection For(RunctlConfiguration configuration, PSVariableIntrinsics variables, bool isProfileNamed)
    {
        var encryption = configuration.S3Encryption is { } method ? new ObjectEncryption(method, configuration.S3KmsKeyId) : null;
        var sandbox = configuration.EndpointUrl is { } address ? RunningSandboxes.Require(address) : null;

        // One of a file or a variable is not for the sandbox.
        if (configuration.ProfileName is { } profile && (sandbox is null || isProfileNamed) && !AdaptersLoader.Adapters.HasProfile(profile))
        {
            throw RunctlErrors.ProfileNotFound(profile);
        }

        // A sandbox of this process is known by its endpoint, and no other keys and no other region fit it.
        if (sandbox is not null && configuration.EndpointUrl is { } endpoint)
        {
            return new CloudConnection { Region = configuration.Region is { } region && region != sandbox.Region ? throw CommandErrors.SandboxElsewhere(endpoint, sandbox.Region, region) : sandbox.Region, EndpointUrl = endpoint, Credentials = sandbox.Credentials, Encryption = encryption };
        }

        return new CloudConnection
        {
            Region = configuration.Region,
            ProfileName = configuration.ProfileName,
            EndpointUrl = configuration.EndpointUrl,
            Encryption = encryption,
            Credentials = configuration.ProfileName is null ? AwsToolsDefaults.Credentials(variables) : null,
        };
    }

    /// <summary>Adds the settings that the sandbox in use decides.</summary>
    public static void AddSettings(RunctlSandbox sandbox, IDictionary<string, object?> settings)
    {
        settings[nameof(RunctlConfiguration.EndpointUrl)] = sandbox.EndpointUrl;
        settings[nameof(RunctlConfiguration.Region)] = sandbox.Region;
        settings[nameof(RunctlConfiguration.S3Bucket)] = sandbox.S3Bucket;
        settings[nameof(RunctlConfiguration.IamInstanceProfile)] = sandbox.IamInstanceProfile;
    }
}
