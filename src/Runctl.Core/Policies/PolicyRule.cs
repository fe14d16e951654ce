namespace Runctl.Policies;

/// <summary>One statement before it is about anybody's bucket: names in braces, such as <c>{bucket}</c>, are filled in by <see cref="PolicyScope"/>.</summary>
internal sealed record PolicyRule(RunctlPolicyFor For, string Sid, IReadOnlyList<string> Actions, IReadOnlyList<string> Resources, string Why)
{
    /// <summary>Conditions that hold in any case.</summary>
    public IReadOnlyList<PolicyTest> Tests { get; init; } = [];

    /// <summary>Conditions that keep it to what Runctl launched.</summary>
    public IReadOnlyList<PolicyTest> OwnOnly { get; init; } = [];
}
