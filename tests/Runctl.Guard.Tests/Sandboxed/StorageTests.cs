using System.Text.Json;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Buckets that demand something of writes, and S3 that is busy.</summary>
public sealed class StorageTests(GuardSandbox sandbox)
{
    private const string KmsKey = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    /// <summary>Saves in one piece and in parts, and once more at the signal.</summary>
    private const string Saver = Python.Beginning + """
        for step in (1, 2, 3):
            replace("step_%d.pt" % step, archive(9 << 20 if step == 3 else 3200))
            print("saved %d" % step, flush=True)
            while not os.path.exists("go_%d" % step):
                time.sleep(0.02)
            if step < 3:
                os.unlink(path("step_%d.pt" % step))
        at_signal(lambda: replace("step_4.pt", archive(6400)))
        wait()
        """;

    [Fact]
    public Task A_bucket_with_Object_Lock_and_default_retention_takes_a_whole_run() =>
        RunWholeAsync("locked", new SandboxBucketRules { ObjectLock = true }, null);

    [Fact]
    public Task A_bucket_whose_policy_demands_a_KMS_key_takes_a_whole_run() =>
        RunWholeAsync("coded", new SandboxBucketRules { Encryption = "aws:kms", KmsKeyId = KmsKey }, new ObjectEncryption("aws:kms", KmsKey));

    [Fact]
    public async Task Without_the_setting_the_refusal_of_such_a_bucket_names_it()
    {
        sandbox.Sandbox.CreateBucket("demanding", new SandboxBucketRules { Encryption = "AES256" });
        var error = await Assert.ThrowsAsync<RunctlException>(() => sandbox.StartAsync(new Scenario(Saver) { Bucket = "demanding" }));
        Assert.Equal("BucketForbidden", error.Id);
        Assert.Contains("s3_sse", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_survives_that_S3_throttles_the_record()
    {
        var instance = await sandbox.LaunchAsync();
        var busy = Throttle(instance);
        var starting = sandbox.StartAsync(new Scenario(Python.Beginning + "wait()") { InstanceId = instance });
        await GuardedRun.EventuallyAsync(() => busy.Hits >= 4 || starting.IsCompleted, () => $"{busy.Hits} tries");
        busy.Remove();
        await using var run = await starting;
        await run.PrintedAsync("ready");
        Assert.Equal("running", (await run.RecordAsync()).GetProperty("attempts")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_notice_does_not_wait_for_a_start_that_waits_for_S3()
    {
        var instance = await sandbox.LaunchAsync();
        var busy = Throttle(instance);
        var starting = sandbox.StartAsync(new Scenario(Python.Beginning + "wait()") { InstanceId = instance });
        await GuardedRun.EventuallyAsync(() => busy.Hits >= 2, () => $"{busy.Hits} tries");
        await using var run = sandbox.RunOn(instance);
        var handled = await run.InterruptAsync();
        Assert.Equal("nothing-to-save", handled.GetProperty("outcome").GetString());
        Assert.Null(run.Find("TrainingStarted"));
        busy.Remove();
        await starting;
        await run.SettledAsync();
        // It was never taken, and the record says how the attempt ended.
        Assert.Equal("interrupted", (await run.RecordAsync()).GetProperty("attempts")[0].GetProperty("state").GetString());
    }

    private SandboxFaultRule Throttle(string instance) => sandbox.Sandbox.Faults.Add(new RunctlSandboxFault
    {
        Operation = "s3:PutObject", Kind = SandboxFaultKind.Throttling, Key = "*/run.json", InstanceId = instance,
    });

    private async Task RunWholeAsync(string bucket, SandboxBucketRules rules, ObjectEncryption? encryption)
    {
        sandbox.Sandbox.CreateBucket(bucket, rules);
        await using var run = await sandbox.StartAsync(new Scenario(Saver)
        {
            Bucket = bucket, Encryption = encryption, Configure = settings => settings with { KeepLastN = 2 },
        });
        foreach (var step in new[] { 1, 2, 3 })
        {
            await run.WaitForAsync("CheckpointUploaded", data => data.GetProperty("uri").GetString()!.EndsWith($"/step_{step}.pt", StringComparison.Ordinal));
            await File.WriteAllTextAsync(Path.Combine(run.Project, $"go_{step}"), "", TestContext.Current.CancellationToken);
        }

        await run.PrintedAsync("ready");
        Assert.Equal("uploaded", (await run.InterruptAsync()).GetProperty("outcome").GetString());
        await run.SettledAsync();

        // The record, the events, the log and the checkpoints: nothing was refused, and what was deleted is out of sight.
        Assert.Equal("interrupted", (await run.RecordAsync()).GetProperty("outcome").GetString());
        Assert.Contains("\"InterruptionHandled\"", await run.ShippedAsync(), StringComparison.Ordinal);
        var keys = await run.KeysAsync();
        Assert.DoesNotContain("step_1.pt", keys);
        Assert.Equal(9 << 20, (await run.BodyAsync("step_3.pt")).Length & ~0xffff);
        Assert.Contains("step_4.pt.manifest.json", keys);
        Assert.Equal(rules.ObjectLock, run.Find("Warning", data => data.GetProperty("id").GetString() == "VersionsKept") is not null);
        Assert.DoesNotContain(run.Events(), e => e.GetProperty("kind").GetString() == "Warning" && GuardedRun.Data(e).GetProperty("id").GetString() is "UploadFailed" or "PruneFailed");
    }
}
