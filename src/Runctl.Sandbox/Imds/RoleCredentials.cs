using System.Text.Json;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Imds;

/// <summary>The temporary credentials of an instance's role, renewed before they expire as the real service does.</summary>
internal sealed class RoleCredentials(string profile, string instanceId, InstanceClock clock, ImdsContext context)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(15);

    private readonly object _lock = new();
    private SandboxCredential? _current;
    private DateTimeOffset _issued;

    /// <summary>Name of the role: in the sandbox the same as its profile's.</summary>
    public string Name { get; } = profile;

    /// <summary>The page <c>iam/info</c>.</summary>
    public string Info() => JsonSerializer.Serialize(new
    {
        Code = "Success",
        LastUpdated = clock.Show(clock.Now),
        InstanceProfileArn = $"arn:aws:iam::{context.Account}:instance-profile/{Name}",
        InstanceProfileId = "AIPASANDBOX0000000001",
    });

    /// <summary>The page <c>iam/security-credentials/{role}</c>.</summary>
    public string Document()
    {
        var credential = Current();
        return JsonSerializer.Serialize(new
        {
            Code = "Success",
            LastUpdated = clock.Show(_issued),
            Type = "AWS-HMAC",
            credential.AccessKeyId,
            SecretAccessKey = credential.SecretKey,
            Token = credential.SessionToken,
            Expiration = clock.Show(credential.Expires!.Value),
        });
    }

    private SandboxCredential Current()
    {
        lock (_lock)
        {
            var now = clock.Now;
            if (_current is null || _current.Expires - now < RenewBefore)
            {
                _issued = now;
                _current = context.Credentials.CreateSession(
                    new SandboxPrincipal(
                        context.Account, $"arn:aws:sts::{context.Account}:assumed-role/{Name}/{instanceId}", "AROASANDBOX0000000001:" + instanceId)
                    {
                        InstanceId = instanceId,
                        Kind = PrincipalKind.Role,
                    },
                    Lifetime);
            }

            return _current;
        }
    }
}
