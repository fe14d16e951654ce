using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Tests.Policies;

/// <summary>How policies decide: what is not allowed is denied, and an explicit deny wins.</summary>
public sealed class EvaluationTests
{
    private const string Allow = """{ "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/runs/*" }""";

    [Theory]
    [InlineData("s3:GetObject", "arn:aws:s3:::b/runs/1", true)]
    [InlineData("S3:getobject", "arn:aws:s3:::b/runs/a/b/c", true)]
    [InlineData("s3:PutObject", "arn:aws:s3:::b/runs/1", false)]
    [InlineData("s3:GetObject", "arn:aws:s3:::b/orders/1", false)]
    [InlineData("s3:GetObject", "arn:aws:s3:::B/runs/1", false)]
    [InlineData("s3:GetObject", "*", false)]
    public void An_action_on_a_resource_is_allowed_if_a_statement_names_both(string action, string resource, bool allowed) =>
        Assert.Equal(allowed, Allows(new AccessRequest(action, resource), Allow));

    [Theory]
    [InlineData("""{ "Effect": "Deny", "Action": "*", "Resource": "*" }""", false)]
    [InlineData("""{ "Effect": "Deny", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "arn:aws:s3:::b/runs/?" }""", false)]
    [InlineData("""{ "Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*" }""", true)]
    [InlineData("""{ "Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/runs/*" }""", true)]
    [InlineData("""{ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "StringNotEquals": { "aws:RequestTag/team": "a" } } }""", false)]
    public void An_explicit_deny_wins_over_every_allow(string deny, bool allowed) =>
        Assert.Equal(allowed, Allows(new AccessRequest("s3:GetObject", "arn:aws:s3:::b/runs/1"), Allow, deny));

    [Theory]
    [InlineData("StringEquals", "\"x\"", "x", true)]
    [InlineData("StringEquals", "[\"y\", \"x\"]", "x", true)]
    [InlineData("StringEquals", "\"X\"", "x", false)]
    [InlineData("StringEquals", "\"x\"", null, false)]
    [InlineData("StringEqualsIgnoreCase", "\"X\"", "x", true)]
    [InlineData("StringEqualsIfExists", "\"x\"", null, true)]
    [InlineData("StringNotEquals", "\"x\"", null, true)]
    [InlineData("StringNotEquals", "[\"y\", \"x\"]", "x", false)]
    [InlineData("StringLike", "\"a/*\"", "a/b/c", true)]
    [InlineData("StringLike", "\"a/?\"", "a/bc", false)]
    [InlineData("StringLike", "\"a/${*}\"", "a/*", true)]
    [InlineData("StringLike", "\"a/${*}\"", "a/b", false)]
    [InlineData("StringNotLike", "\"a/*\"", "b", true)]
    [InlineData("Bool", "true", "true", true)]
    [InlineData("Null", "\"true\"", null, true)]
    [InlineData("Null", "\"true\"", "x", false)]
    [InlineData("ForAllValues:StringEquals", "[\"a\", \"b\"]", "a b", true)]
    [InlineData("ForAllValues:StringEquals", "\"a\"", "a b", false)]
    [InlineData("ForAllValues:StringEquals", "\"a\"", null, true)]
    [InlineData("ForAnyValue:StringLike", "\"b*\"", "a b", true)]
    [InlineData("ForAnyValue:StringLike", "\"b*\"", null, false)]
    public void A_condition_holds_for_the_values_that_its_operator_says(string name, string wanted, string? given, bool holds) => Assert.Equal(holds, Allows(
        new AccessRequest("a:B", "*").With("k:key", given?.Split(' ')),
        $$"""{ "Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": { "{{name}}": { "K:Key": {{wanted}} } } }"""));

    [Theory]
    [InlineData("""{ "Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": { "StringIsNice": { "a": "b" } } }""")]
    [InlineData("""{ "Effect": "Perhaps", "Action": "a:B", "Resource": "*" }""")]
    [InlineData("""{ "Effect": "Allow", "Action": "a:B" }""")]
    [InlineData("""{ "Effect": "Allow", "Action": "a:B", "Resource": "*", "Conditions": {} }""")]
    public void What_the_sandbox_does_not_know_in_a_policy_is_refused_and_not_passed_over(string statement) =>
        Assert.Throws<FormatException>(() => PolicyDocument.Read([Document(statement)]));

    [Fact]
    public void Person_and_role_have_policies_of_their_own_and_an_administrator_needs_none()
    {
        var access = new AccessControl(() => []) { Policies = _ => new SandboxPolicies([Document(Allow)], []) };
        var request = new AccessRequest("s3:GetObject", "arn:aws:s3:::b/runs/1");
        Assert.Equal([true, false, true], new[] { PrincipalKind.Person, PrincipalKind.Role, PrincipalKind.Administrator }.Select(kind => access.Allows(Principal(kind), request)));
        Assert.Equal([new SandboxGrant(false, "", "s3:Get*")], access.Used);
    }

    private static bool Allows(AccessRequest request, params string[] statements) =>
        new AccessControl(() => []) { Policies = _ => new SandboxPolicies([Document(string.Join(',', statements))], []) }.Allows(Principal(PrincipalKind.Person), request);

    private static string Document(string statements) => $$"""{ "Version": "2012-10-17", "Statement": [{{statements}}] }""";

    private static SandboxPrincipal Principal(PrincipalKind kind) => new("123456789012", "arn:aws:iam::123456789012:user/u", "AIDA") { Kind = kind };
}
