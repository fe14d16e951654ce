using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Journeys.Tests.Resuming;

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

    /// <summary>Told when the replacement is launched.</summary>
    public Action<RunctlInstance> Launched { get; set; } = _ => { };

    /// <summary>Told what a resume is at.</summary>
    public Action<string> Reported { get; set; } = _ => { };

    public RunctlConfiguration Configuration => _fixture.Configuration with { Mirror = Mirror, ProjectName = "digits", GuardPollInterval = TimeSpan.FromMilliseconds(200), PollInterval = TimeSpan.FromMilliseconds(500), AutoResume = true };

    public RunStore Store => new(_fixture.Cloud.Objects, _fixture.Sandbox.Bucket, Configuration.RunPrefix, TimeProvider.System);

    public CheckpointCatalog Checkpoints => new(_fixture.Cloud, _fixture.Configuration);

    public TrainingResumer Resumer => new(_fixture.Cloud, _fixture.Adapters, Configuration, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts it on an instance of its own.</summary>
    /// <param name="fixture">The sandbox.</param>
    /// <param name="interruption">What EC2 does with the instance when it takes it.</param>
    /// <param name="mirror">Whether checkpoints are uploaded as they are saved.</param>
    /// <param name="fails">Whether it ends by itself with exit code 3, after its first checkpoint.</param>
    public static async Task<Interrupted> StartAsync(SandboxFixture fixture, RunctlInterruptionBehavior interruption = RunctlInterruptionBehavior.Terminate, bool mirror = true, bool fails = false)
    {
        var it = new Interrupted(fixture) { Mirror = mirror };
        Undisturbed.CopyTo(it._project.Path);
        // The first attempt lasts, so that it does not end before it is interrupted; the steps are the same.
        AtEachStep(Path.Combine(it._project.Path, Undisturbed.Script), "if '--resume' not in sys.argv: __import__('time').sleep(0.015)");
        if (fails)
        {
            AtEachStep(Path.Combine(it._project.Path, Undisturbed.Script), "if trainer.epoch > 3: return 3");
        }

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

    /// <summary>Changes what its orders say of interruptions.</summary>
    public async Task OrderAsync(Func<RunPolicy, RunPolicy> change)
    {
        var spec = (await Store.ReadSpecAsync(Training.RunId, Token))!;
        await Store.WriteSpecAsync(spec with { Policy = change(spec.Policy) }, Token);
    }

    /// <summary>Waits until a checkpoint is in S3.</summary>
    public Task UploadAsync() => Scene.ReachAsync(scene => scene.HasUploaded, Token);

    /// <summary>Has it stopped, as its owner does.</summary>
    public async Task StopAsync() => Training = await new RunControl(_fixture.Cloud, TimeProvider.System).StopAsync(Training, Patience, _ => { }, Token);

    /// <summary>Waits until it has ended on its instance.</summary>
    public Task EndAsync() => Scene.ReachAsync(_ => false, Token);

    /// <summary>Plans a resume on a replacement, whether the run's own instance lives or not.</summary>
    public Task<ResumePlan> PlanAsync(bool fromScratch = false, bool force = false) =>
        Resumer.PlanAsync(new ResumeRequest { RunId = Training.RunId, FromScratch = fromScratch, Force = force, InstanceTypes = ["g5.xlarge"] }, Token);

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
        var catalog = Checkpoints;
        while (true)
        {
            if (await catalog.ReadFileAsync(Training.RunId, null, "final.json", Token) is { } final)
            {
                return final;
            }

            Assert.True(DateTime.UtcNow < limit, "The resumed training did not end: " + Scene.Tell());
            await Task.Delay(100, Token);
        }
    }

    void IResumeListener.OnClaimed(int attempt) => Claimed();

    void IProgress<ProgressUpdate>.Report(ProgressUpdate value) => Reported(value.Status);

    void IResumeListener.OnLaunched(RunctlInstance replacement, int attempt) => Launched(replacement);

    private static void AtEachStep(string script, string statement)
    {
        const string Step = "            progress.write(";
        var text = File.ReadAllText(script);
        Assert.Contains(Step, text, StringComparison.Ordinal);
        File.WriteAllText(script, text.Replace(Step, $"            {statement}\n{Step}", StringComparison.Ordinal));
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
