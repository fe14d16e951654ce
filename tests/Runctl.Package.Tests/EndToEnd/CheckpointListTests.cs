using System.Text.Json;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Lists of checkpoints whose runs have no record any more: the bucket has their manifests.</summary>
public sealed class CheckpointListTests : IClassFixture<CheckpointListTests.Bucket>
{
    private readonly Bucket _sandbox;

    public CheckpointListTests(Bucket sandbox) => _sandbox = sandbox;

    [Fact]
    public void An_attempt_lists_its_own_checkpoints_alone()
    {
        Assert.Equal(["epoch_2.pt", "epoch_1.pt"], Names("Get-RunctlCheckpoint digits-20260131-120000-aaaaaa -Attempt 1"));
        Assert.Equal(["epoch_3.pt"], Names("Get-RunctlCheckpoint digits-20260131-120000-aaaaaa -Attempt 2"));
        Assert.Equal(["epoch_2.pt"], Names("Get-RunctlCheckpoint digits-* -Attempt 1 -Latest | Where-Object RunId -like *aaaaaa"));
        Assert.Equal(["epoch_3.pt"], Names("Get-RunctlCheckpoint -InstanceId i-2 -Attempt 2"));
        Assert.Empty(Names("Get-RunctlCheckpoint digits-20260131-120000-aaaaaa -Attempt 7"));
    }

    [Fact]
    public void The_last_six_characters_find_a_run_of_which_only_checkpoints_are_left()
    {
        Assert.Equal(["epoch_3.pt"], Names("Get-RunctlCheckpoint aaaaaa -Latest"));
        Assert.Equal("TrainingNotFound", _sandbox.Run("Get-RunctlCheckpoint cccccc").ErrorId);
    }

    [Fact]
    public void Six_characters_that_two_runs_end_with_are_ambiguous()
    {
        var found = _sandbox.Run("Get-RunctlCheckpoint bbbbbb");
        Assert.Equal("RunAmbiguous", found.ErrorId);
        Assert.Contains("digits-20260131-130000-bbbbbb", found.Error.ToString());
        Assert.Contains("letters-20260131-130000-bbbbbb", found.Error.ToString());
    }

    [Fact]
    public void What_a_training_wrote_last_is_shown_before_the_head_and_is_found_by_its_name()
    {
        var table = _sandbox.Show("Get-RunctlCheckpoint aaaaaa -Latest");
        Assert.Contains("final.pt (350), epoch_3.pt", table);
        Assert.Equal(["epoch_3.pt"], Names("Get-RunctlCheckpoint aaaaaa final.pt"));
        Assert.Contains("final.pt, step 350", _sandbox.Show("Get-RunctlCheckpoint aaaaaa -Latest | Format-List"));
    }

    private string[] Names(string script)
    {
        var found = _sandbox.Run($"{script} | ForEach-Object Name");
        Assert.Empty(found.Errors);
        return [.. found.Output.Select(name => name.ToString()!)];
    }

    /// <summary>A sandbox whose bucket has checkpoints of two attempts of a run, and of two runs that end alike.</summary>
    public sealed class Bucket : SandboxFixture
    {
        private readonly string _bucket;

        public Bucket()
        {
            _bucket = (string)Run("$sandbox.S3Bucket").Single;
            Write("digits-20260131-120000-aaaaaa", 1, "epoch_1.pt", null);
            Write("digits-20260131-120000-aaaaaa", 1, "epoch_2.pt", null);
            Write("digits-20260131-120000-aaaaaa", 2, "epoch_3.pt", "final.pt");
            Write("digits-20260131-130000-bbbbbb", 1, "epoch_4.pt", null);
            Write("letters-20260131-130000-bbbbbb", 1, "epoch_5.pt", null);
        }

        private void Write(string run, int attempt, string name, string? newest)
        {
            var prefix = $"checkpoints/spot-interruptions/i-{attempt}/checkpoints/";
            string[] files = newest is null ? [name] : [name, newest];
            Other.WriteObjectAsync(_bucket, $"{prefix}{name}.manifest.json", JsonSerializer.Serialize(new
            {
                schema = 2, run_id = run, attempt, instance_id = $"i-{attempt}", name, head = name, kind = "file", step = 300, reason = "periodic",
                saved_at = $"2026-01-31T12:00:0{name[6]}Z", complete = true, newest = newest is null ? null : new { path = newest, step = 350 },
                files = files.Select(path => new { path, key = prefix + path, size = 1, crc32 = "AAAAAA==", @class = "save" }),
            })).GetAwaiter().GetResult();
        }
    }
}
