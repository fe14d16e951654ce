using System.Management.Automation;
using System.Reflection;
using Runctl.Ports;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Composition;

/// <summary>The region and credentials a session chose with AWS.Tools (Set-DefaultAWSRegion, Set-AWSCredential); read by name, since that module's types are not ours.</summary>
internal static class AwsToolsDefaults
{
    /// <summary>The session's default region, or null.</summary>
    public static string? Region(PSVariableIntrinsics session) => Value(session, "StoredAWSRegion") switch
    {
        string name => name,
        { } region => Read(region, "SystemName") as string,
        null => null,
    };

    /// <summary>The session's default credentials, or null.</summary>
    public static CloudCredentials? Credentials(PSVariableIntrinsics session)
    {
        if (Value(session, "StoredAWSCredentials") is not { } stored)
        {
            return null;
        }

        // AWS.Tools wraps them; both forms have GetCredentials(), which resolves roles and SSO with its own copy of the SDK.
        var credentials = Read(stored, "Credentials") ?? stored;
        var keys = Resolve(credentials);
        return keys is not null && Read(keys, "AccessKey") is string { Length: > 0 } id && Read(keys, "SecretKey") is string { Length: > 0 } secret
            ? new CloudCredentials(id, secret, Read(keys, "Token") is string { Length: > 0 } token ? token : null)
            : null;
    }

    private static object? Resolve(object credentials)
    {
        try
        {
            return credentials.GetType().GetMethod("GetCredentials", BindingFlags.Public | BindingFlags.Instance, Type.EmptyTypes) is { } get
                ? get.Invoke(credentials, null)
                : credentials;
        }
        catch (TargetInvocationException exception)
        {
            var cause = exception.InnerException ?? exception;
            throw CommandErrors.CredentialsUnusable(cause.Message, cause);
        }
    }

    private static object? Value(PSVariableIntrinsics session, string name) => session.GetValue(name) switch
    {
        PSObject wrapped => wrapped.BaseObject,
        var value => value,
    };

    private static object? Read(object target, string property) => target.GetType().GetProperty(property)?.GetValue(target);
}
