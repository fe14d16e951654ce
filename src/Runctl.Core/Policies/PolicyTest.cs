namespace Runctl.Policies;

/// <summary>One condition of a statement.</summary>
/// <param name="Operator">IAM's operator, for example StringEquals.</param>
/// <param name="Key">The condition key, for example <c>s3:prefix</c>.</param>
/// <param name="Values">The values it may have.</param>
internal sealed record PolicyTest(string Operator, string Key, params IReadOnlyList<string> Values);
