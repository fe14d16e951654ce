using Amazon.Runtime;
using Amazon.RuntimeDependencies;
using Amazon.SecurityToken;
using Amazon.SSO;
using Amazon.SSOOIDC;

namespace Runctl.Adapters.Aws;

/// <summary>
/// SSO and web identity profiles need further service clients. The SDK would look for them by name in every assembly of the
/// process, and find those of another module in another load context; so it is given ours. The factories are not told the source
/// credentials of a role, and need none for what they are asked here: assumed roles go through <see cref="RoleCredentials"/>.
/// </summary>
internal static class SdkDependencies
{
    /// <summary>Registers them with this context's copy of the SDK.</summary>
    public static void Register()
    {
        var registry = GlobalRuntimeDependencyRegistry.Instance;
        registry.RegisterSecurityTokenServiceClient(context => new AmazonSecurityTokenServiceClient(new AnonymousAWSCredentials(), context.SecurityTokenServiceClientContextData.Region));
        registry.RegisterSSOClient(context => new AmazonSSOClient(new AnonymousAWSCredentials(), context.SSOClientContextData.Region));
        registry.RegisterSSOOIDCClient(context => new AmazonSSOOIDCClient(new AnonymousAWSCredentials(), context.SSOOIDCClientContextData.Region));
    }
}
