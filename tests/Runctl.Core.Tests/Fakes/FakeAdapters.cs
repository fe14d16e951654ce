using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>Lists every file; knows no TOML.</summary>
internal sealed class FakeAdapters : IAdapters
{
    public ICloud Connect(CloudConnection connection) => throw new NotSupportedException();

    public bool HasProfile(string name) => false;

    public TomlTable ParseToml(string text, string path) => throw new NotSupportedException();

    public IEnumerable<string> ListFilesByIgnoreRules(string directory, CancellationToken cancellationToken) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(directory, f).Replace('\\', '/'));
}
