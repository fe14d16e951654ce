namespace Runctl.Policies;

/// <summary>One statement of a policy; it allows.</summary>
public sealed record RunctlPolicyStatement
{
    /// <summary>Name within the policy, letters and digits.</summary>
    public required string Sid { get; init; }

    /// <summary>Actions as IAM writes them, for example <c>s3:GetObject</c>.</summary>
    public required IReadOnlyList<string> Actions { get; init; }

    /// <summary>ARNs with IAM's wildcards, or <c>*</c> if the actions know no resources.</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>Values by condition key by operator; all have to hold. Empty for none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>> Conditions { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>();

    /// <summary>What Runctl needs it for, in a sentence.</summary>
    public required string Why { get; init; }

    /// <summary>The actions.</summary>
    public override string ToString() => $"{Sid}: {string.Join(", ", Actions)}";
}
