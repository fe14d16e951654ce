namespace Runctl.Package.Tests.Support;

/// <summary>Looks like what AWS.Tools keeps in $StoredAWSCredentials.</summary>
public sealed class SessionKeys
{
    public string AccessKey { get; } = "AKIAEXAMPLE";

    public string SecretKey { get; } = "a-secret-that-must-not-be-shown";

    public string Token { get; } = "";

    public SessionKeys GetCredentials() => this;
}
