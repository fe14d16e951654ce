namespace Runctl.Sandbox.Ec2;

/// <summary>Remembers answers by client token: the same request again gets the same answer and does nothing.</summary>
internal sealed class ClientTokens
{
    private readonly Dictionary<(string Action, string Token), (string Request, IReadOnlyList<object?> Answer)> _answers = [];

    /// <summary>Runs <paramref name="action"/>, or answers as before.</summary>
    /// <exception cref="Ec2Exception">The token came with another request before.</exception>
    public IReadOnlyList<object?> Once(string name, QueryParameters request, Func<IReadOnlyList<object?>> action)
    {
        if (request.Text("ClientToken") is not { Length: > 0 } token)
        {
            return action();
        }

        var fingerprint = request.Fingerprint();
        if (_answers.TryGetValue((name, token), out var known))
        {
            return known.Request == fingerprint
                ? known.Answer
                : throw new Ec2Exception("IdempotentParameterMismatch",
                    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
        }

        var answer = action();
        _answers[(name, token)] = (fingerprint, answer);
        return answer;
    }
}
