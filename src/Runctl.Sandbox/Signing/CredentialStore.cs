using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Runctl.Sandbox.Signing;

/// <summary>The keys a sandbox has given out; all of them are random and none outlives the process.</summary>
internal sealed class CredentialStore(TimeProvider clock)
{
    private const string KeyIdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const string SecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private readonly ConcurrentDictionary<string, SandboxCredential> _credentials = new(StringComparer.Ordinal);

    /// <summary>Makes a long-lived key.</summary>
    public SandboxCredential Create(SandboxPrincipal principal) =>
        Add(new SandboxCredential(KeyId("AKIA"), Secret(40), SessionToken: null, principal));

    /// <summary>Makes temporary credentials, as a role or an instance profile has.</summary>
    public SandboxCredential CreateSession(SandboxPrincipal principal, TimeSpan duration) =>
        Add(new SandboxCredential(KeyId("ASIA"), Secret(40), Secret(120), principal, clock.GetUtcNow() + duration));

    /// <summary>The credential of this id, expired or not, or null.</summary>
    public SandboxCredential? Find(string accessKeyId) => _credentials.GetValueOrDefault(accessKeyId);

    /// <summary>Makes a key unknown from now on.</summary>
    public bool Revoke(string accessKeyId) => _credentials.TryRemove(accessKeyId, out _);

    private static string KeyId(string prefix) => prefix + RandomNumberGenerator.GetString(KeyIdAlphabet, 16);

    private static string Secret(int length) => RandomNumberGenerator.GetString(SecretAlphabet, length);

    private SandboxCredential Add(SandboxCredential credential)
    {
        _credentials[credential.AccessKeyId] = credential;
        return credential;
    }
}
