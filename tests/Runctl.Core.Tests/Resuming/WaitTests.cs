using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Training;

namespace Runctl.Core.Tests.Resuming;

/// <summary>Waiting for a run that is to be resumed next.</summary>
public sealed class WaitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_has_waited_for_the_end_of_a_run_can_resume_it_at_once()
    {
        var story = new Story();
        story.Cloud.Shell.Answer = (id, _) => new CommandOutcome(id, "Success", null, 0, $$"""{"schema":1,"runs":[{"run_id":"{{Story.RunId}}","attempt":1,"state":"stopped"}]}""", "");
        var training = new RunctlTraining { RunId = Story.RunId, InstanceId = "i-1", ProjectName = "digits", Script = "train.py", State = "running", Region = "us-east-1", S3Bucket = "b", S3Prefix = "saved", RunPrefix = "checkpoints/runctl" };
        // Its guard writes the end a moment after it says so: while the record is looked at for the third time.
        var looks = 0;
        story.Cloud.Store.BeforeRead = key =>
        {
            if (key.EndsWith("/run.json", StringComparison.Ordinal) && ++looks == 3)
            {
                story.Add(story.Record.Newest()! with { State = "stopped" });
            }
        };
        var ended = await new TrainingCatalog(story.Cloud, new RunctlConfiguration { S3Bucket = "b", S3Prefix = "saved" }, story.Cloud.Time).WaitAsync(training, TimeSpan.FromMilliseconds(100), new Progress<ProgressUpdate>(), Token);
        Assert.Equal(("stopped", "stopped"), (ended.State, story.Record.Newest()!.State));
    }
}
