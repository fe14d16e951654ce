namespace Runctl.Package.Tests.Support;

/// <summary>A copy of a file in a directory of its own.</summary>
internal sealed class TemporaryCopy : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("runctl-copy-").FullName;

    public TemporaryCopy(string source)
    {
        Path = System.IO.Path.Combine(_directory, System.IO.Path.GetFileName(source));
        File.Copy(source, Path);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
