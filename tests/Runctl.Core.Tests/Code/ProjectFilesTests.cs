using System.Diagnostics;
using Runctl.Code;
using Runctl.Core.Tests.Fakes;

namespace Runctl.Core.Tests.Code;

public sealed class ProjectFilesTests : IDisposable
{
    private readonly TempDirectory _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task In_a_work_tree_what_git_would_commit_travels()
    {
        Write(".gitignore", "data/\n*.log\n");
        Write("train.py", "new.py", "deleted.py", "data/big.bin", "run.log");
        Git("init", "-q");
        Git("add", "train.py", "deleted.py", ".gitignore");
        File.Delete(Path.Combine(_project.Path, "deleted.py"));
        Assert.Equal([".gitignore", "new.py", "train.py"], await ListAsync());
    }

    [Fact]
    public async Task A_script_travels_even_if_it_is_ignored()
    {
        Write(".gitignore", "train.py\n");
        Write("train.py");
        Git("init", "-q");
        Assert.Contains("train.py", await ListAsync());
    }

    [Fact]
    public async Task A_project_below_the_top_of_its_repository_brings_only_itself()
    {
        _project.Write("outside.py");
        _project.Write("sub/train.py");
        Git("init", "-q");
        var listing = await new ProjectFiles(new FakeAdapters()).ListAsync(Path.Combine(_project.Path, "sub"), "train.py", "checkpoints", [], CancellationToken.None);
        Assert.Equal(["train.py"], listing.Files.Select(f => f.Path));
    }

    [Fact]
    public async Task Environments_caches_and_checkpoints_stay()
    {
        Write("train.py", "my-env/pyvenv.cfg", "my-env/lib/x.py", ".venv/y.py", "pkg/__pycache__/z.pyc", "checkpoints/epoch_1.pt", "checkpoints_old/keep.txt");
        Assert.Equal(["checkpoints_old/keep.txt", "train.py"], await ListAsync());
    }

    [Theory]
    [InlineData("--resume", "checkpoints/epoch_1.pt")]
    [InlineData("--resume=checkpoints/epoch_1.pt")]
    [InlineData("./checkpoints/epoch_1.pt")]
    public async Task A_checkpoint_that_an_argument_names_travels(params string[] arguments)
    {
        Write("train.py", "checkpoints/epoch_1.pt", "checkpoints/epoch_2.pt");
        Assert.Equal(["checkpoints/epoch_1.pt", "train.py"], await ListAsync(arguments));
    }

    [Fact]
    public async Task Names_with_anything_in_them_travel()
    {
        Write("train.py", "two words.py", "größe.py", "a\"b$(c).py", "new\nline.py");
        Git("init", "-q");
        Assert.Equal(["a\"b$(c).py", "größe.py", "new\nline.py", "train.py", "two words.py"], (await ListAsync()).Order(StringComparer.Ordinal).ToArray().OrderBy(n => n, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Links_out_of_the_project_stay_with_a_warning()
    {
        Write("train.py", "inside.py");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "good"), "inside.py");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "bad"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "worse"), "../../elsewhere");
        var listing = await new ProjectFiles(new FakeAdapters()).ListAsync(_project.Path, "train.py", "checkpoints", [], CancellationToken.None);
        Assert.Equal(["good", "inside.py", "train.py"], listing.Files.Select(f => f.Path));
        Assert.Equal(2, listing.Warnings.Count);
    }

    /// <summary>The guard refuses a target that passes through another link, or steps back out of a directory.</summary>
    [Fact]
    public async Task Links_that_make_a_detour_travel_without_it()
    {
        Write("train.py", "data/v2/x.py");
        Git("init", "-q");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "data/now"), "v2");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "through"), "data/now/x.py");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "back"), "data/now/../v2/x.py");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "data/straight"), "../data/now");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "away"), "/nowhere/else");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "behind"), "away/x");
        var listing = await new ProjectFiles(new FakeAdapters()).ListAsync(_project.Path, "train.py", "checkpoints", [], CancellationToken.None);
        var found = listing.Files.Where(file => file.LinkTarget is not null).ToDictionary(file => file.Path, file => file.LinkTarget);
        Assert.Equal(("data/v2/x.py", "data/v2/x.py", "../data/now", "v2"), (found["through"], found["back"], found["data/straight"], found["data/now"]));
        Assert.Equal(4, found.Count);
        Assert.Equal(2, listing.Warnings.Count);
    }

    private void Write(params string[] files)
    {
        if (files[0] == ".gitignore")
        {
            _project.Write(files[0], files[1]);
            return;
        }

        foreach (var file in files)
        {
            _project.Write(file);
        }
    }

    private async Task<IEnumerable<string>> ListAsync(params string[] arguments) =>
        (await new ProjectFiles(new FakeAdapters()).ListAsync(_project.Path, "train.py", "checkpoints", arguments, CancellationToken.None)).Files.Select(f => f.Path);

    private void Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = _project.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
