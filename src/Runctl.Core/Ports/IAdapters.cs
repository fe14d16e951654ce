using Runctl.Configuration;

namespace Runctl.Ports;

/// <summary>Everything that needs a third-party library; made once a session from the adapters assembly in its own load context.</summary>
public interface IAdapters
{
    /// <summary>Makes a connection to AWS, or to what stands in for it. Makes no call and reads no credentials yet.</summary>
    ICloud Connect(CloudConnection connection);

    /// <summary>Whether the files of the AWS SDK have a profile.</summary>
    bool HasProfile(string name);

    /// <summary>Parses a TOML document.</summary>
    /// <exception cref="Errors.RunctlException">The document has a syntax error; the message names file, line and column.</exception>
    TomlTable ParseToml(string text, string path);

    /// <summary>The files of a directory that .gitignore rules leave, relative with forward slashes.</summary>
    IEnumerable<string> ListFilesByIgnoreRules(string directory, CancellationToken cancellationToken);
}
