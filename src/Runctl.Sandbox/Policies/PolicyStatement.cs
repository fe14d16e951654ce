using System.Text.Json;

namespace Runctl.Sandbox.Policies;

/// <summary>One statement of a policy document.</summary>
internal sealed class PolicyStatement
{
    private readonly IReadOnlyList<(string Text, Glob Pattern)> _actions;
    private readonly IReadOnlyList<Glob> _resources;
    private readonly IReadOnlyList<PolicyCondition> _conditions;
    private readonly bool _exceptActions;
    private readonly bool _exceptResources;

    /// <exception cref="FormatException">The statement has no effect, action or resource, or something the sandbox does not know.</exception>
    public PolicyStatement(JsonElement statement)
    {
        foreach (var member in statement.EnumerateObject())
        {
            if (member.Name is not ("Sid" or "Effect" or "Action" or "NotAction" or "Resource" or "NotResource" or "Condition"))
            {
                throw new FormatException($"The sandbox does not know {member.Name} in a statement of a policy.");
            }
        }

        Sid = statement.TryGetProperty(nameof(Sid), out var sid) ? sid.GetString() ?? "" : "";
        Denies = Texts(statement, "Effect") switch
        {
            ["Allow"] => false,
            ["Deny"] => true,
            _ => throw new FormatException($"The effect of statement '{Sid}' is Allow or Deny."),
        };
        _exceptActions = statement.TryGetProperty("NotAction", out _);
        _exceptResources = statement.TryGetProperty("NotResource", out _);
        _actions = [.. Texts(statement, _exceptActions ? "NotAction" : "Action").Select(text => (text, new Glob(text, ignoreCase: true)))];
        _resources = [.. Texts(statement, _exceptResources ? "NotResource" : "Resource").Select(text => new Glob(text))];
        _conditions = statement.TryGetProperty("Condition", out var conditions)
            ? [.. conditions.EnumerateObject().SelectMany(test => test.Value.EnumerateObject().Select(key => new PolicyCondition(test.Name, key.Name, Texts(key.Value))))]
            : [];
        if (_actions.Count == 0 || _resources.Count == 0)
        {
            throw new FormatException($"Statement '{Sid}' needs an action and a resource.");
        }
    }

    /// <summary>Its name; "" without one.</summary>
    public string Sid { get; }

    /// <summary>Whether it denies what it is about.</summary>
    public bool Denies { get; }

    /// <summary>The action of the statement that the request is about, or null if the statement is about something else.</summary>
    public string? ActionFor(AccessRequest request)
    {
        var action = _actions.FirstOrDefault(one => one.Pattern.Matches(request.Action)).Text;
        return (action is null) == _exceptActions
            && _resources.Any(pattern => pattern.Matches(request.Resource)) != _exceptResources
            && _conditions.All(condition => condition.Holds(request)) ? action ?? request.Action : null;
    }

    private static IReadOnlyList<string> Texts(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? Texts(value) : [];

    private static IReadOnlyList<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().Select(Text)],
        _ => [Text(value)],
    };

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new FormatException($"A value of a policy is a text, not {value.GetRawText()}."),
    };
}
