using Runctl.Objects;

namespace Runctl.Policies;

/// <summary>One statement of a policy; it allows.</summary>
public sealed class RunctlPolicyStatement
{
    internal RunctlPolicyStatement()
    {
    }

    /// <summary>Name within the policy, letters and digits.</summary>
    public string Sid { get; internal set; } = "";

    /// <summary>Actions as IAM writes them, for example <c>s3:GetObject</c>.</summary>
    public IReadOnlyList<string> Actions { get; internal set => field = Readable.List(value); } = Readable.List<string>();

    /// <summary>ARNs with IAM's wildcards, or <c>*</c> if the actions know no resources.</summary>
    public IReadOnlyList<string> Resources { get; internal set => field = Readable.List(value); } = Readable.List<string>();

    /// <summary>Values by condition key by operator; all have to hold. Empty for none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>> Conditions
    {
        get;
        internal set => field = Readable.Table(value.Select(test => KeyValuePair.Create(test.Key, Readable.Table(test.Value.Select(key => KeyValuePair.Create(key.Key, Readable.List(key.Value)))))));
    } = Readable.Table<IReadOnlyDictionary<string, IReadOnlyList<string>>>();

    /// <summary>What Runctl needs it for, in a sentence.</summary>
    public string Why { get; internal set; } = "";

    /// <summary>The actions.</summary>
    public override string ToString() => $"{Sid}: {string.Join(", ", Actions)}";
}
