using Runctl.Adapters.Aws;
using Runctl.Adapters.Ignoring;
using Runctl.Adapters.Toml;
using Amazon.Runtime.CredentialManagement;
using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.Adapters;

/// <summary>The one door into this assembly: made by name from the module, used through <see cref="IAdapters"/>.</summary>
public sealed class AdaptersRoot : IAdapters
{
    /// <summary>Registers what the SDK would otherwise search for in every loaded assembly, and what tells of each call.</summary>
    public AdaptersRoot()
    {
        SdkDependencies.Register();
        CallTrace.Register();
    }

    /// <inheritdoc/>
    public ICloud Connect(CloudConnection connection) => new AwsCloud(connection, TimeProvider.System);

    /// <inheritdoc/>
    public bool HasProfile(string name) => new CredentialProfileStoreChain().TryGetProfile(name, out _);

    /// <inheritdoc/>
    public TomlTable ParseToml(string text, string path) => TomlDocument.Parse(text, path);

    /// <inheritdoc/>
    public IEnumerable<string> ListFilesByIgnoreRules(string directory, CancellationToken cancellationToken) => IgnoreWalk.List(directory, cancellationToken);
}
