using Runctl.Adapters.Tests.Moments;
using Runctl.Adapters.Tests.Sandboxed;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Adapters.Tests.Resuming;

/// <summary>The sample training as it is started, interrupted and resumed.</summary>
internal sealed class Interrupted : IDisposable, IResumeListener, IProgress<ProgressUpdate>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly SandboxFixture _fixture;
    private readonly TempDirectory _project = new();

    private Interrupted(SandboxFixture fixture) => _fixture = fixture;

    /// <summary>Whether checkpoints are uploaded as they are saved.</summary>
    private bool Mirror { get; init; } = true;

    public RunctlTraining Training { get; private set; } = null!;

    public Scene Scene => new(_fixture.Sandbox, Training.InstanceId);

    public List<string> Warnings { get; } = [];

    /// <summary>Told when the run is claimed for a resume.</summary>
    public Action Claimed { get; set; } = () => { };

    /// <summary>Told what a resume is at.</summary>
    public Action<string> Told { get; set; } = _ => { };

    public RunctlConfiguration Configuration => _fixture.Configuration with { Mirror = Mirror, ProjectName = "digits", GuardPollInterval = TimeSpan.FromMilliseconds(200), PollInterval = TimeSpan.FromMilliseconds(500), AutoResume = true };

    public RunStore Store => new(_fixture.Cloud.Objects, _fixture.Sandbox.Bucket, Configuration.RunPrefix);

    public TrainingResumer Resumer => new(_fixture.Cloud, _fixture.Adapters, Configuration, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts it on an instance of its own.</summary>
    public static async Task<Interrupted> StartAsync(SandboxFixture fixture, RunctlInterruptionBehavior interruption = RunctlInterruptionBehavior.Terminate, bool mirror = true)
    {
        var it = new Interrupted(fixture) { Mirror = mirror };
        Undisturbed.CopyTo(it._project.Path);
        SlowDown(Path.Combine(it._project.Path, Undisturbed.Script));
        var instance = await fixture.LaunchAsync(interruption, Token);
        it.Training = await fixture.StartAsync(instance.InstanceId, it._project.Path, Undisturbed.Script, Token, null, it.Configuration, Undisturbed.Arguments);
        return it;
    }

    /// <summary>Gives notice once a checkpoint was saved.</summary>
    public async Task InterruptAsync(int window = 8, string action = "terminate")
    {
        await Scene.ReachAsync(scene => scene.HasSaved, Token);
        await _fixture.Sandbox.InterruptAsync(Training.InstanceId, TimeSpan.FromSeconds(window), action);
    }

    /// <summary>Waits until it has ended on its instance.</summary>
    public Task EndAsync() => Scene.ReachAsync(_ => false, Token);

    public Task<ResumePlan> PlanAsync(bool fromScratch = false, bool force = false) => Resumer.PlanAsync(new ResumeRequest { RunId = Training.RunId, FromScratch = fromScratch, Force = force }, Token);

    public async Task<RunctlTraining> ResumeAsync(ResumePlan plan) => Training = await Resumer.ResumeAsync(plan, this, this, Token);

    public async Task<RunRecord> RecordAsync() => (await Store.ReadRecordAsync(Training.RunId, Token))!;

    /// <summary>The record once it has the run's end, which comes after the events that tell of it.</summary>
    public async Task<RunRecord> OutcomeAsync()
    {
        var limit = DateTime.UtcNow + Patience;
        while (true)
        {
            if (await RecordAsync() is { Outcome: not null } record)
            {
                return record;
            }

            Assert.True(DateTime.UtcNow < limit, "The record does not come to its end: " + Scene.Tell());
            await Task.Delay(100, Token);
        }
    }

    public Task<RunctlException> RefusedAsync() => Assert.ThrowsAsync<RunctlException>(() => PlanAsync());

    /// <summary>The final weights, as they are in S3, of whichever attempt trained them.</summary>
    public async Task<byte[]> WeightsAsync()
    {
        var limit = DateTime.UtcNow + Patience;
        var catalog = new CheckpointCatalog(_fixture.Cloud, _fixture.Configuration);
        while (true)
        {
            await foreach (var final in catalog.FindAsync(Training.RunId, null, "final.json", Token))
            {
                using var directory = new TempDirectory();
                return await File.ReadAllBytesAsync(await catalog.DownloadAsync(final, directory.Path, false, new Progress<ProgressUpdate>(), Token), Token);
            }

            Assert.True(DateTime.UtcNow < limit, "The resumed training did not end: " + Scene.Tell());
            await Task.Delay(100, Token);
        }
    }

    void IResumeListener.OnClaimed(int attempt) => Claimed();

    void IProgress<ProgressUpdate>.Report(ProgressUpdate value) => Told(value.Status);

    /// <summary>Makes the first attempt last, so that it does not end before it is interrupted; the steps are the same.</summary>
    private static void SlowDown(string script)
    {
        const string Step = "            progress.write(";
        var text = File.ReadAllText(script);
        Assert.Contains(Step, text, StringComparison.Ordinal);
        File.WriteAllText(script, text.Replace(Step, "            if '--resume' not in sys.argv: __import__('time').sleep(0.01)\n" + Step, StringComparison.Ordinal));
    }

    public void OnWarning(string message)
    {
        lock (Warnings)
        {
            Warnings.Add(message);
        }
    }

    public void Dispose() => _project.Dispose();
}
