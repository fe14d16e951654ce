using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Checkpoints as people see and save them: all their files, under the names that the training gave them.</summary>
public sealed class CheckpointFilesTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Trainer =
        """
        import os, zipfile
        directory = os.environ["RUNCTL_CHECKPOINT_DIR"]
        for name in ("epoch:299-val_loss:0.ckpt", "run 2026-01-31T12:00:00.pt", "step:5/model.pt"):
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("data", name)
        """;

    private readonly Project _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void Names_with_colons_and_spaces_are_saved_on_Linux_as_they_are()
    {
        _project.Write("odd.py", Trainer);
        sandbox.Train(_project, sandbox.Instance, script: "odd.py");
        var saved = sandbox.Run("$run | Get-RunctlCheckpoint | Save-RunctlCheckpoint -Destination ./dl");
        Assert.Empty(saved.Errors);
        Assert.True(File.Exists(_project["dl/step:5/model.pt"]));
        Assert.Equal("FileExists", sandbox.Run("$run | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint -Destination ./dl").ErrorId);
        Assert.Empty(sandbox.Run("$run | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint -Destination ./dl -Force").Errors);
    }

    [Fact]
    public void Files_are_chosen_by_wildcards_and_a_name_that_none_has_is_an_error()
    {
        _project.Write("odd.py", Trainer);
        sandbox.Train(_project, sandbox.Instance, script: "odd.py");
        sandbox.Run("$checkpoint = $run | Get-RunctlCheckpoint -Latest");
        Assert.Empty(sandbox.Run("$checkpoint | Save-RunctlCheckpoint -Destination ./some -Name '*:*'").Errors);
        Assert.Equal("CheckpointFileNotFound", sandbox.Run("$checkpoint | Save-RunctlCheckpoint -Destination ./some -Name 'no*such'").ErrorId);
        Assert.Equal("HeadExcludes", sandbox.Run("$checkpoint | Save-RunctlCheckpoint -Destination ./some -Name '*' -Head").ErrorId);
        Assert.Empty(sandbox.Run("$checkpoint | Save-RunctlCheckpoint -Destination ./head -Head").Errors);
        Assert.NotEmpty(Directory.GetFileSystemEntries(_project["head"]));
    }
}
