using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Runctl.Sandbox.Imds;

/// <summary>The session tokens of one metadata service.</summary>
internal sealed class ImdsTokens(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiry = new(StringComparer.Ordinal);

    /// <summary>Makes a token.</summary>
    public string Issue(TimeSpan lifetime)
    {
        var now = clock.GetUtcNow();
        foreach (var (old, expires) in _expiry)
        {
            if (expires <= now)
            {
                _expiry.TryRemove(old, out _);
            }
        }

        var token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(42));
        _expiry[token] = now + lifetime;
        return token;
    }

    /// <summary>Whether a token was issued here and has not expired.</summary>
    public bool Accepts(string token) => _expiry.TryGetValue(token, out var expires) && clock.GetUtcNow() < expires;
}
