using Amazon.S3.Model;
using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What S3 has of an upload is not sent again.</summary>
public sealed class UploadResumeTests(GuardSandbox sandbox)
{
    private const int Parts = 10;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guard_killed_during_the_upload_is_followed_by_one_that_sends_only_the_parts_that_are_missing()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + $"""
            at_signal(lambda: replace("step_1.bin", os.urandom(1 << 20) * {8 * Parts}))
            wait()
            """, mirror: false);
        await run.PrintedAsync("ready");

        // Four parts get through, the others would take an hour.
        var stuck = sandbox.Sandbox.Faults.Add(new RunctlSandboxFault
        {
            Operation = "s3:UploadPart", Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromHours(1), Skip = 4, InstanceId = run.InstanceId,
        });
        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(60));
        var there = new List<int>();
        await GuardedRun.EventuallyAsync(() => (there = PartsAsync(run).GetAwaiter().GetResult()).Count == 4 && stuck.Hits > 0, run.Tell);
        using var sent = new Counted(sandbox.Count("s3:UploadPart", run.InstanceId));
        using var begun = new Counted(sandbox.Count("s3:CreateMultipartUpload", run.InstanceId));
        stuck.Remove();
        await run.ReplaceGuardAsync();

        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal(("uploaded", 0), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32()));
        // A part that takes long is sent twice, so a busy machine may see a few more, but never as many as there are.
        Assert.InRange((int)sent.Hits, Parts - there.Count, Parts - 1);
        Assert.Equal(0, begun.Hits);
        Assert.Equal("x", run.ReadProject("signals"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(run.Project, "checkpoints/step_1.bin")), await run.BodyAsync("step_1.bin"));
    }

    [Fact]
    public async Task A_storage_that_fails_for_a_while_gets_only_what_it_has_not_taken()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + $"""
            at_signal(lambda: replace("step_1.bin", os.urandom(1 << 20) * {8 * Parts}))
            wait()
            """, mirror: false);
        await run.PrintedAsync("ready");
        using var begun = new Counted(sandbox.Count("s3:CreateMultipartUpload", run.InstanceId));
        var failing = sandbox.Sandbox.Faults.Add(new RunctlSandboxFault
        {
            Operation = "s3:UploadPart", Kind = SandboxFaultKind.ClientError, Status = 409, Code = "OperationAborted", Skip = 3, Count = 4, InstanceId = run.InstanceId,
        });
        var handled = await run.InterruptAsync(60);
        failing.Remove();
        Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
        Assert.Equal((4, 1), ((int)failing.Hits, (int)begun.Hits));
    }

    [Fact]
    public async Task An_error_inside_a_200_is_taken_for_one_and_the_parts_are_put_together_again_at_once()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + """
            at_signal(lambda: replace("step_1.bin", os.urandom(1 << 20) * 17))
            wait()
            """, mirror: false);
        await run.PrintedAsync("ready");
        using var failing = new Counted(sandbox.Sandbox.Faults.Add(new RunctlSandboxFault
        {
            Operation = "s3:CompleteMultipartUpload", Kind = SandboxFaultKind.ErrorInOk, Count = 1, InstanceId = run.InstanceId,
        }));
        using var completed = new Counted(sandbox.Count("s3:CompleteMultipartUpload", run.InstanceId));
        using var asked = new Counted(sandbox.Count("s3:ListParts", run.InstanceId));
        var handled = await run.InterruptAsync();
        Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
        // Who takes it for success finds no object, and begins again with what S3 has.
        Assert.Equal((1, 1, 0), ((int)failing.Hits, (int)completed.Hits, (int)asked.Hits));
        Assert.Equal(File.ReadAllBytes(Path.Combine(run.Project, "checkpoints/step_1.bin")), await run.BodyAsync("step_1.bin"));
    }

    private async Task<List<int>> PartsAsync(GuardedRun run)
    {
        var uploads = await sandbox.S3.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = sandbox.Sandbox.Bucket, Prefix = run.Prefix }, Ct);
        if (uploads.MultipartUploads is not [var upload])
        {
            return [];
        }

        var parts = await sandbox.S3.ListPartsAsync(new ListPartsRequest { BucketName = sandbox.Sandbox.Bucket, Key = upload.Key, UploadId = upload.UploadId }, Ct);
        return [.. (parts.Parts ?? []).Select(part => part.PartNumber ?? 0)];
    }

    private sealed class Counted(SandboxFaultRule rule) : IDisposable
    {
        public long Hits => rule.Hits;

        public void Dispose() => rule.Remove();
    }
}
