using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class BucketTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void One_that_is_missing_is_named_before_anything_is_started()
    {
        var instance = sandbox.Launch();
        var result = sandbox.Start(_project, instance, "-S3Bucket no-such-bucket");
        Assert.Equal("BucketNotFound", result.ErrorId);
        Assert.Contains("no-such-bucket", result.Error.ToString());
        AssertNothingStarted(instance);
    }

    [Fact]
    public async Task One_in_another_region_is_named_with_its_region_before_anything_is_started()
    {
        await sandbox.Other.CreateBucketAsync("far-away", "eu-central-1");
        var instance = sandbox.Launch();
        var result = sandbox.Start(_project, instance, "-S3Bucket far-away");
        Assert.Equal("BucketElsewhere", result.ErrorId);
        Assert.Contains("far-away is in eu-central-1, not in us-east-1", result.Error.ToString());
        Assert.Contains("s3_bucket", result.Error.ErrorDetails.RecommendedAction);
        AssertNothingStarted(instance);
        Assert.Equal("BucketElsewhere", sandbox.Run("Get-RunctlCheckpoint -S3Bucket far-away").ErrorId);
    }

    [Fact]
    public void Without_one_the_guard_saves_on_the_instance_and_says_so()
    {
        using var plain = Plain();
        var instance = sandbox.Launch();
        var start = plain.Run($"$run = Start-RunctlTraining $script {instance} -SyncCode -PollInterval 500ms -Region us-east-1 -EndpointUrl {sandbox.Endpoint}; $run");
        Assert.Empty(start.Errors);
        Assert.Contains(start.Warnings, warning => warning.Contains("No s3_bucket is configured", StringComparison.Ordinal));
        Assert.Null(start.Single.S3Bucket);
        Assert.True(Eventually.Holds(() => plain.Run("($run | Get-RunctlTraining).LastStep").Single is >= 3L));
        var drill = plain.Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms -InformationAction Continue");
        Assert.Empty(drill.Errors);
        var told = drill.Information.Select(record => record.MessageData.ToString()!).ToList();
        Assert.Contains(told, message => message.StartsWith("Checkpoint saved: ", StringComparison.Ordinal));
        Assert.DoesNotContain(told, message => message.StartsWith("Checkpoint uploaded", StringComparison.Ordinal));
        Assert.Matches("handled in .* saved$", told[^1]);
    }

    [Fact]
    public void Without_one_a_checkpoint_in_S3_can_not_be_resumed_from_and_the_error_says_why()
    {
        using var plain = Plain();
        var result = plain.Run($"Start-RunctlTraining $script {sandbox.Instance} -SyncCode -NoMonitor -ResumeFrom s3://b/epoch_1.pt.manifest.json -Region us-east-1 -EndpointUrl {sandbox.Endpoint}");
        Assert.Equal("BucketNotConfigured", result.ErrorId);
        Assert.Contains("Resuming from a checkpoint in S3 needs a bucket", result.Error.ToString());
        Assert.Contains("-S3Bucket", result.Error.ErrorDetails.RecommendedAction);
    }

    public void Dispose() => _project.Dispose();

    private void AssertNothingStarted(string instance)
    {
        Assert.DoesNotContain(sandbox.Run("Get-RunctlTraining").Output, training => ((dynamic)training.BaseObject).InstanceId == instance);
        Assert.False(Directory.Exists(sandbox.PathOn(instance, "var/lib/runctl")));
    }

    // A session that knows no sandbox by default has no bucket either.
    private ModuleSession Plain()
    {
        var plain = new ModuleSession();
        plain.GoTo(_project.Directory);
        plain.Set("script", _project["train.py"]);
        return plain;
    }
}
