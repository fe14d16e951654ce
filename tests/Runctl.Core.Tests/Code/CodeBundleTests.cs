using System.Formats.Tar;
using System.IO.Compression;
using Runctl.Code;
using Runctl.Core.Tests.Fakes;

namespace Runctl.Core.Tests.Code;

public sealed class CodeBundleTests : IDisposable
{
    private readonly TempDirectory _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task The_same_files_give_the_same_bundle_whenever_they_were_written()
    {
        var path = _project.Write("train.py", "print(1)");
        _project.Write("pkg/deep/" + new string('n', 150) + ".py");
        using var one = await BundleAsync();
        File.SetLastWriteTimeUtc(path, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        using var other = await BundleAsync();
        Assert.Equal(one.Sha256, other.Sha256);
        Assert.Equal(File.ReadAllBytes(one.Path), File.ReadAllBytes(other.Path));
    }

    [Fact]
    public async Task A_changed_byte_gives_another_bundle()
    {
        _project.Write("train.py", "print(1)");
        using var one = await BundleAsync();
        _project.Write("train.py", "print(2)");
        using var other = await BundleAsync();
        Assert.NotEqual(one.Sha256, other.Sha256);
    }

    [Fact]
    public async Task Modes_of_executables_and_long_names_are_kept()
    {
        var script = _project.Write("run.sh");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps no modes.");
        SetMode(script, (UnixFileMode)Convert.ToInt32("755", 8));
        var longName = "pkg/" + new string('n', 180) + ".py";
        _project.Write(longName);
        using var bundle = await BundleAsync();
        using var tar = new TarReader(new GZipStream(File.OpenRead(bundle.Path), CompressionMode.Decompress));
        var entries = new Dictionary<string, UnixFileMode>();
        while (tar.GetNextEntry() is { } entry)
        {
            entries[entry.Name] = entry.Mode;
            Assert.Equal(DateTimeOffset.UnixEpoch, entry.ModificationTime);
        }

        Assert.Equal([longName, "run.sh"], entries.Keys.Order(StringComparer.Ordinal));
        Assert.True(entries["run.sh"].HasFlag(UnixFileMode.UserExecute));
        Assert.False(entries[longName].HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public async Task Python_reads_every_name_and_content()
    {
        string[] names = ["train.py", "größe 日本語.py", "pkg/" + new string('n', 180) + ".py", "new\nline.py", new string('ü', 60)];
        foreach (var name in names)
        {
            _project.Write(name, name);
        }

        File.CreateSymbolicLink(Path.Combine(_project.Path, "link"), "train.py");
        using var bundle = await BundleAsync();
        const string Program = "import json, sys, tarfile\nt = tarfile.open(sys.argv[1])\nprint(json.dumps({m.name: m.linkname or t.extractfile(m).read().decode() for m in t}))";
        var start = new System.Diagnostics.ProcessStartInfo("python3") { RedirectStandardOutput = true, ArgumentList = { "-c", Program, bundle.Path } };
        start.Environment["LC_ALL"] = "C";
        using var python = System.Diagnostics.Process.Start(start)!;
        var read = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("train.py", read["link"]);
        Assert.All(names, name => Assert.Equal(name, read[name]));
        Assert.Equal(names.Length + 1, read.Count);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private async Task<CodeBundle> BundleAsync()
    {
        var listing = await new ProjectFiles(new FakeAdapters()).ListAsync(_project.Path, "train.py", "checkpoints", [], CancellationToken.None);
        return await CodeBundle.CreateAsync(listing.Files, CancellationToken.None);
    }
}
