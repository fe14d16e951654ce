using Runctl.Ports;

namespace Runctl.Configuration;

/// <summary>Finds and reads the configuration: parameters beat session, environment, file and defaults.</summary>
public sealed class ConfigurationReader(IAdapters adapters, Func<string, string?> environment)
{
    /// <summary>Reads the settings in force for a directory.</summary>
    /// <param name="directory">Where the search for <c>.runctl.toml</c> begins; it goes upwards, then to the user's configuration directory.</param>
    /// <param name="overrides">Parameters and session settings.</param>
    public RunctlConfiguration Read(string directory, ConfigurationOverrides overrides) => throw new NotImplementedException($"{adapters}{environment}{directory}{overrides}");
}
