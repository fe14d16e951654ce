namespace Runctl.Sandbox.Ec2.Protocol;

/// <summary>What calls with a ClientToken did: the same call again does nothing and gets the same result.</summary>
internal sealed class ClientTokens
{
    private readonly object _gate = new();
    private readonly Dictionary<(string Action, string Token), (string Fingerprint, object Result)> _done = [];

    /// <summary>Does it, or answers what was done before. A refused call leaves its token unused.</summary>
    /// <exception cref="Ec2Exception">The token was used with other parameters.</exception>
    public T Once<T>(string action, Ec2Parameters parameters, Func<T> create)
        where T : class
    {
        if (parameters["ClientToken"] is not { } token)
        {
            return create();
        }

        var fingerprint = string.Join('\n', parameters.All.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Where(pair => !pair.Key.StartsWith("X-Amz-", StringComparison.Ordinal))
            .Select(pair => pair.Key + "=" + pair.Value));

        // One at a time: two calls with the same token that arrive together must not both launch.
        lock (_gate)
        {
            if (_done.TryGetValue((action, token), out var before))
            {
                return before.Fingerprint == fingerprint ? (T)before.Result : throw new Ec2Exception(
                    "IdempotentParameterMismatch", $"Arguments on this idempotent request are inconsistent with arguments used in previous request(s): {token}");
            }

            var result = create();
            _done.Add((action, token), (fingerprint, result));
            return result;
        }
    }
}
