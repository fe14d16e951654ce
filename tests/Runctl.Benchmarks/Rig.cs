using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3;
using Runctl.Adapters;
using Runctl.Configuration;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Sandbox;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>A sandbox, the real clients, and trainings from the probe directory on instances of it.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private static readonly string Probes = Path.Combine(AppContext.BaseDirectory, "probe");
    private static readonly NoProgress Progress = new();

    private readonly AdaptersRoot _adapters = new();
    private readonly SpotLauncher _launcher;

    private Rig(RunctlSandbox sandbox)
    {
        Sandbox = sandbox;
        Cloud = _adapters.Connect(new CloudConnection
        {
            Region = sandbox.Region,
            EndpointUrl = sandbox.Endpoint,
            Credentials = new CloudCredentials(sandbox.AccessKeyId, sandbox.SecretAccessKey, null),
        });
        S3 = new AmazonS3Client(
            new BasicAWSCredentials(sandbox.AdministratorAccessKeyId, sandbox.AdministratorSecretAccessKey),
            new AmazonS3Config { ServiceURL = sandbox.Endpoint.ToString(), AuthenticationRegion = sandbox.Region, ForcePathStyle = true });
        _launcher = new SpotLauncher(Cloud, TimeProvider.System);
        // The user that trains has to be able to write there.
        File.SetUnixFileMode(Answers.FullName, (UnixFileMode)0b111_111_111);
    }

    public RunctlSandbox Sandbox { get; }

    public ICloud Cloud { get; }

    public IAdapters Adapters => _adapters;

    /// <summary>What the sandbox lets an instance's boot take.</summary>
    public TimeSpan BootTime { get; } = new SandboxOptions().BootTime;

    /// <summary>The SDK's own client, as a peer.</summary>
    public AmazonS3Client S3 { get; }

    /// <summary>Where probes leave what they measured.</summary>
    public DirectoryInfo Answers { get; } = Directory.CreateTempSubdirectory("runctl-benchmark-");

    public RunctlConfiguration Configuration => new() { S3Bucket = Sandbox.Bucket, IamInstanceProfile = Sandbox.InstanceProfile };

    public static async Task<Rig> StartAsync(SandboxOptions? options = null) => new(await RunctlSandbox.StartAsync(options));

    public async ValueTask DisposeAsync()
    {
        Answers.Delete(recursive: true);
        S3.Dispose();
        Cloud.Dispose();
        await Sandbox.DisposeAsync();
    }

    /// <summary>Ready instances.</summary>
    public async Task<string[]> LaunchAsync(int count = 1)
    {
        var plan = await _launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["g5.xlarge"], Count = count, IamInstanceProfile = Sandbox.InstanceProfile }, default);
        var launched = await _launcher.LaunchAsync(plan, Progress, default);
        return await Task.WhenAll(launched.Select(async one => (await _launcher.WaitUntilReadyAsync(one.InstanceId, TimeSpan.FromMinutes(1), Progress, default)).InstanceId));
    }

    /// <summary>Starts a probe.</summary>
    public Task<RunctlTraining> TrainAsync(string instanceId, string probe, params string[] arguments) => TrainAsync(instanceId, probe, Configuration, arguments);

    /// <summary>Starts a probe with settings of its own.</summary>
    public Task<RunctlTraining> TrainAsync(string instanceId, string probe, RunctlConfiguration configuration, params string[] arguments) =>
        BeginAsync(instanceId, probe, configuration, null, arguments);

    /// <summary>Starts a probe from a checkpoint in S3.</summary>
    public Task<RunctlTraining> ResumeAsync(string instanceId, string probe, string manifest, params string[] arguments) =>
        BeginAsync(instanceId, probe, Configuration, manifest, arguments);

    private async Task<RunctlTraining> BeginAsync(string instanceId, string probe, RunctlConfiguration configuration, string? resumeFrom, string[] arguments)
    {
        var starter = new TrainingStarter(Cloud, _adapters, TimeProvider.System);
        var request = new StartRequest
        {
            InstanceId = instanceId, ProjectDirectory = Probes, ScriptPath = Path.Combine(Probes, probe), ScriptArguments = arguments, SyncCode = true, ResumeFrom = resumeFrom,
        };
        return (await starter.StartAsync(await starter.PlanAsync(request, configuration, default), Progress, default)).Training;
    }

    /// <summary>What a probe wrote, once it has. On some disks 100,000 new files take minutes.</summary>
    public static async Task<string> AnswerAsync(string path)
    {
        for (var tries = 0; tries < 30000; tries++)
        {
            if (File.Exists(path))
            {
                return await File.ReadAllTextAsync(path);
            }

            await Task.Delay(10);
        }

        throw new TimeoutException($"Nothing was written to {path} within 5 minutes.");
    }

    /// <summary>When an event was written, in seconds since 1970.</summary>
    public async Task<double> EventTimeAsync(RunctlTraining training, string kind) =>
        (await EventAsync(training, kind)).GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>What an event says.</summary>
    public async Task<JsonElement> EventDataAsync(RunctlTraining training, string kind) => (await EventAsync(training, kind)).GetProperty("data");

    private async Task<JsonElement> EventAsync(RunctlTraining training, string kind)
    {
        var path = Path.Combine(RootOf(training.InstanceId), "var/lib/runctl/runs", training.RunId, "events.jsonl");
        for (var tries = 0; tries < 6000; tries++)
        {
            foreach (var line in (await File.ReadAllTextAsync(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Contains($"\"{kind}\"", StringComparison.Ordinal)))
            {
                using var document = JsonDocument.Parse(line);
                return document.RootElement.Clone();
            }

            await Task.Delay(10);
        }

        throw new TimeoutException($"There was no {kind} within 60 s.");
    }

    /// <summary>The directory that is an instance's disk.</summary>
    public string RootOf(string instanceId) => Sandbox.Instances.Single(one => one.InstanceId == instanceId).RootDirectory!;

    private sealed class NoProgress : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value)
        {
        }
    }
}
