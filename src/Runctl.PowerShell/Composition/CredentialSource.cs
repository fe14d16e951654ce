using Runctl.Configuration;
using Runctl.PowerShell.Sandboxes;

namespace Runctl.PowerShell.Composition;

/// <summary>Where the credentials of a connection come from, in words.</summary>
internal static class CredentialSource
{
    /// <summary>The source.</summary>
    public static string Of(CommandScope scope) => scope.Cloud.Connection switch
    {
        { Credentials: not null, EndpointUrl: { } endpoint } when RunningSandboxes.Find(endpoint) is not null => "the sandbox",
        { Credentials: not null } => "AWS.Tools' session default",
        { ProfileName: { } profile } => $"profile {profile} ({scope.Configuration.Sources.GetValueOrDefault(nameof(RunctlConfiguration.ProfileName))})",
        _ when Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID") is { Length: > 0 } => "the environment (AWS_ACCESS_KEY_ID)",
        _ => "the SDK's own search (default profile, SSO, container or instance role)",
    };
}
