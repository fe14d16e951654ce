using System.Text.Json;
using Runctl.Code;
using Runctl.Guarding;

namespace Runctl.Adapters.Tests.Ignoring;

/// <summary>Submodules, links, odd names and odd entries: each travels, or a warning names it.</summary>
public sealed class WhatTravelsTests : IDisposable
{
    private readonly TempDirectory _project = new();
    private readonly TempDirectory _elsewhere = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _project.Dispose();
        _elsewhere.Dispose();
    }

    [Fact]
    public async Task A_submodule_that_is_checked_out_travels_with_what_is_in_it_and_with_its_own_submodules()
    {
        AddSubmodules();
        _project.Write("sub/untracked.py");
        _project.Write("sub/.gitignore", "*.log\n");
        _project.Write("sub/run.log");
        var listing = await ListAsync();
        Assert.Empty(listing.Warnings);
        Assert.Equal([".gitmodules", "sub/.gitignore", "sub/.gitmodules", "sub/inner/deep.py", "sub/lib.py", "sub/untracked.py", "train.py"], Names(listing));
    }

    [Theory]
    [InlineData("sub", "", "sub")]
    [InlineData("sub/inner", "sub", "inner")]
    public async Task A_submodule_that_is_not_checked_out_is_named_with_the_command_that_does_it(string module, string owner, string name)
    {
        AddSubmodules();
        Tool.Git(Path.Combine(_project.Path, owner), "submodule", "deinit", "-q", "-f", "--all");
        var listing = await ListAsync();
        var warning = Assert.Single(listing.Warnings);
        Assert.StartsWith($"{module} is a submodule that is not checked out", warning, StringComparison.Ordinal);
        var command = warning[(warning.IndexOf("git -C", StringComparison.Ordinal) + 4)..].Split(' ');
        Assert.Equal(name, command[^1]);
        Tool.Git(_project.Path, command);
        Assert.Contains("sub/inner/deep.py", Names(await ListAsync()));
    }

    [Fact]
    public async Task A_repository_inside_that_is_no_submodule_travels()
    {
        _project.Write("train.py");
        _project.Write("vendor/lib.py");
        Tool.Git(_project.Path, "init", "-q");
        Tool.Git(Path.Combine(_project.Path, "vendor"), "init", "-q");
        Assert.Equal(["train.py", "vendor/lib.py"], Names(await ListAsync()));
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("exp/deep")]
    public async Task A_project_that_an_enclosing_work_tree_ignores_travels_by_its_own_rules(string place)
    {
        Tool.Git(_project.Path, "init", "-q");
        _project.Write(".gitignore", "exp/\n");
        _project.Write($"{place}/train.py");
        _project.Write($"{place}/helper.py");
        _project.Write($"{place}/.gitignore", "*.log\n");
        _project.Write($"{place}/run.log");
        _project.Write($"{place}/.runctlignore", "data/\n");
        _project.Write($"{place}/data/big.bin");
        Tool.Git(_project.Path, "add", "-f", $"{place}/train.py");
        var listing = await ListAsync(place);
        Assert.Equal([".gitignore", ".runctlignore", "helper.py", "train.py"], Names(listing));
        Assert.Empty(listing.Warnings);
    }

    [Fact]
    public async Task What_runctlignore_names_stays_although_git_tracks_it()
    {
        _project.Write("train.py");
        _project.Write("sub/.runctlignore", "*.bin\n");
        _project.Write("sub/big.bin");
        _project.Write("other.bin");
        Tool.Git(_project.Path, "init", "-q");
        Tool.Git(_project.Path, "add", ".");
        Assert.Equal(["other.bin", "sub/.runctlignore", "train.py"], Names(await ListAsync()));
    }

    [Fact]
    public async Task A_script_that_is_ignored_travels_with_a_warning_about_what_does_not()
    {
        Tool.Git(_project.Path, "init", "-q");
        _project.Write(".gitignore", "exp/\n");
        _project.Write("exp/train.py");
        _project.Write("exp/helper.py");
        var listing = await new ProjectFiles(new AdaptersRoot()).ListAsync(_project.Path, "exp/train.py", "checkpoints", [], Token);
        Assert.Contains("exp/train.py", Names(listing));
        Assert.StartsWith("exp/train.py is ignored", Assert.Single(listing.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("configs/base.yaml", "{project}/configs/base.yaml", "configs/base.yaml")]
    [InlineData("deep/er/link", "{project}/configs/base.yaml", "../../configs/base.yaml")]
    [InlineData("deep/link", "../../{name}/configs/base.yaml", "../configs/base.yaml")]
    [InlineData("deep/link", "../configs/base.yaml", "../configs/base.yaml")]
    [InlineData("deep/link", "{project}", "..")]
    [InlineData("deep/link", "missing.yaml", "missing.yaml")]
    [InlineData("link", "{alias}/configs/base.yaml", "configs/base.yaml")]
    public async Task A_link_that_leads_inside_the_project_is_kept_relative(string link, string target, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        _project.Write("train.py");
        _project.Write("configs/base.yaml");
        var alias = Path.Combine(_elsewhere.Path, "alias");
        File.CreateSymbolicLink(alias, _project.Path);
        link = link == "configs/base.yaml" ? "config_abs.yaml" : link;
        Link(link, target.Replace("{project}", _project.Path, StringComparison.Ordinal).Replace("{name}", Path.GetFileName(_project.Path), StringComparison.Ordinal).Replace("{alias}", alias, StringComparison.Ordinal));
        var listing = await ListAsync();
        Assert.Empty(listing.Warnings);
        Assert.Equal(expected, listing.Files.Single(f => f.Path == link).LinkTarget);
    }

    [Theory]
    [InlineData("/etc/hostname")]
    [InlineData("../elsewhere")]
    [InlineData("{project}-other/file")]
    public async Task A_link_that_leads_out_of_the_project_stays_and_is_named(string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        _project.Write("train.py");
        Link("outside", target.Replace("{project}", _project.Path, StringComparison.Ordinal));
        var listing = await ListAsync();
        Assert.Equal(["train.py"], Names(listing));
        Assert.StartsWith("outside is a link that leads out of the project", Assert.Single(listing.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_FIFO_a_socket_and_a_device_stay_and_are_named_and_nothing_waits_for_them(bool inGit)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        _project.Write("train.py");
        Directory.CreateDirectory(Path.Combine(_project.Path, "checkpoints/step_1"));
        Tool.Run("mkfifo", _project.Path, "pipe", "checkpoints/step_1/pipe");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(_project.Path, "sock")));
        if (inGit)
        {
            Tool.Git(_project.Path, "init", "-q");
            Tool.Run("mkfifo", _project.Path, "ignored.fifo");
            _project.Write(".gitignore", "*.fifo\n");
        }

        var listing = await new ProjectFiles(new AdaptersRoot()).ListAsync(_project.Path, "train.py", "checkpoints", ["checkpoints/step_1"], Token);
        using var bundle = await CodeBundle.CreateAsync(listing.Files, Token);
        Assert.Equal(inGit ? [".gitignore", "train.py"] : ["train.py"], Names(listing));
        Assert.Equal(["checkpoints/step_1/pipe", "pipe", "sock"], listing.Warnings.Select(w => w.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.Equal(EntryKind.Special, Entries.KindOf("/dev/null"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_that_is_not_UTF8_stays_and_is_named(bool inGit)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux takes such a name.");
        _project.Write("train.py");
        Tool.Run("python3", _project.Path, "-c", "import os\nos.makedirs(b'd\\xe9')\nopen(b'caf\\xe9.txt', 'w').close()\nopen(b'd\\xe9/x.txt', 'w').close()");
        if (inGit)
        {
            Tool.Git(_project.Path, "init", "-q");
        }

        var listing = await ListAsync();
        Assert.Equal(["train.py"], Names(listing));
        Assert.Equal(2, listing.Warnings.Count);
        Assert.All(listing.Warnings, warning => Assert.Contains("not valid UTF-8", warning, StringComparison.Ordinal));
        Assert.Contains(listing.Warnings, warning => warning.Contains(inGit ? "'caf\\xE9.txt'" : "'caf\uFFFD.txt'", StringComparison.Ordinal));

        // .NET cannot name it to delete it.
        Tool.Run("rm", _project.Path, "-r", _project.Path);
        Directory.CreateDirectory(_project.Path);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_name_arrives_by_the_guards_own_reading(bool inGit)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows forbids most of these names.");
        string[] names = ["train.py", "new\nline.py", "back\\slash.py", "epoch:299-val_loss:0.yaml", "two 'single' and \"double\".py", "größe 日本語 🚀.py", " leading and trailing ", "-dash", "100%$(x)`y`.py", "tab\there", new string('n', 255), "deep/" + new string('ü', 127)];
        foreach (var name in names)
        {
            _project.Write(name, name);
        }

        Link("link:\n\\", "back\\slash.py");
        if (inGit)
        {
            Tool.Git(_project.Path, "init", "-q");
            Tool.Git(_project.Path, "add", ".");
        }

        var listing = await ListAsync();
        using var bundle = await CodeBundle.CreateAsync(listing.Files, Token);
        Assert.Empty(listing.Warnings);
        var arrived = await InstallByGuardAsync(bundle);
        Assert.Equal("-> back\\slash.py", arrived["link:\n\\"]);
        Assert.All(names, name => Assert.Equal(name, arrived[name]));
        Assert.Equal(names.Length + 1, arrived.Count);
    }

    /// <summary>Has the guard's program bring a bundle into a project, twice, as two attempts would.</summary>
    private async Task<Dictionary<string, string>> InstallByGuardAsync(CodeBundle bundle)
    {
        const string Program =
            """
            import importlib, json, os, pkgutil, sys
            program, bundle, digest, root = sys.argv[1:]
            sys.path.insert(0, program)
            os.environ["RUNCTL_ROOT"] = root
            import runctl_guard
            names = {m.name.rsplit(".", 1)[-1]: m.name for m in pkgutil.walk_packages(runctl_guard.__path__, "runctl_guard.")}
            code = importlib.import_module(names.get("code_bundle") or names["bundle"])
            users = importlib.import_module(names["users"])
            class Run:
                id = "r"
                state = {"project_dir": root + "/project", "checkpoint_dir": root + "/project/checkpoints"}
                def file(self, name):
                    os.makedirs(root + "/run", exist_ok=True)
                    return root + "/run/" + name
            os.makedirs(root + "/project")
            for _ in range(2):
                code.install(Run(), {"path": bundle, "sha256": digest}, None, users.caller())
            found = {}
            for top, _, files in os.walk(root + "/project"):
                for file in files:
                    path = os.path.join(top, file)
                    name = os.path.relpath(path, root + "/project")
                    found[name] = "-> " + os.readlink(path) if os.path.islink(path) else open(path, encoding="utf-8", newline="").read()
            print(json.dumps(found))
            """;
        var program = Path.Combine(_elsewhere.Path, "guard.pyz");
        await File.WriteAllBytesAsync(program, GuardProgram.Current.Archive, Token);
        var root = Directory.CreateDirectory(Path.Combine(_elsewhere.Path, Guid.NewGuid().ToString("N"))).FullName;
        File.Copy(bundle.Path, Path.Combine(root, "code.tar.gz"));
        return JsonSerializer.Deserialize<Dictionary<string, string>>(Tool.Run("python3", root, "-c", Program, program, "/code.tar.gz", bundle.Sha256, root))!;
    }

    private void AddSubmodules()
    {
        foreach (var (name, file) in new[] { ("inner", "deep.py"), ("sub", "lib.py") })
        {
            var path = Directory.CreateDirectory(Path.Combine(_elsewhere.Path, name)).FullName;
            File.WriteAllText(Path.Combine(path, file), name);
            Tool.Git(path, "init", "-q");
            if (name == "sub")
            {
                Tool.Git(path, "submodule", "--quiet", "add", Path.Combine(_elsewhere.Path, "inner"), "inner");
            }

            Tool.Git(path, "add", ".");
            Tool.Git(path, "commit", "-q", "-m", "x");
        }

        _project.Write("train.py");
        Tool.Git(_project.Path, "init", "-q");
        Tool.Git(_project.Path, "submodule", "--quiet", "add", Path.Combine(_elsewhere.Path, "sub"), "sub");
        Tool.Git(_project.Path, "submodule", "--quiet", "update", "--init", "--recursive");
    }

    private void Link(string path, string target)
    {
        var full = Path.Combine(_project.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.CreateSymbolicLink(full, target);
    }

    private Task<ProjectListing> ListAsync(string below = "") =>
        new ProjectFiles(new AdaptersRoot()).ListAsync(Path.Combine(_project.Path, below).TrimEnd('/'), "train.py", "checkpoints", [], Token);

    private static IEnumerable<string> Names(ProjectListing listing) => listing.Files.Select(f => f.Path);
}
