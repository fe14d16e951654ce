using Amazon.Runtime;
using Amazon.S3;
using Runctl.Adapters;
using Runctl.Configuration;
using Runctl.Guard.Tests.Sandboxed;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Sandbox;
using Runctl.Training;

[assembly: AssemblyFixture(typeof(GuardSandbox))]

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>One sandbox for all tests; each test has an instance of its own in it, started as users start theirs.</summary>
public sealed class GuardSandbox : IAsyncLifetime
{
    private readonly AdaptersRoot _adapters = new();
    private readonly NoProgress _progress = new();
    private RunctlSandbox? _sandbox;
    private ICloud? _cloud;

    public RunctlSandbox Sandbox => _sandbox!;

    public ICloud Cloud => _cloud!;

    public AmazonS3Client S3 { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _sandbox = await RunctlSandbox.StartAsync(new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(100) });
        _cloud = _adapters.Connect(new CloudConnection
        {
            Region = Sandbox.Region, EndpointUrl = Sandbox.Endpoint,
            Credentials = new CloudCredentials(Sandbox.AccessKeyId, Sandbox.SecretAccessKey, null),
        });
        S3 = new AmazonS3Client(new BasicAWSCredentials(Sandbox.AccessKeyId, Sandbox.SecretAccessKey), new AmazonS3Config
        {
            ServiceURL = Sandbox.Endpoint.ToString(), AuthenticationRegion = Sandbox.Region, ForcePathStyle = true,
        });
    }

    public async ValueTask DisposeAsync()
    {
        S3?.Dispose();
        _cloud?.Dispose();
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }

    /// <summary>A new instance with a training on it.</summary>
    public async Task<GuardedRun> StartAsync(
        string source, string script = "train.py", double graceSeconds = 20, bool mirror = true, (string Name, string Source)? second = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The sandbox runs on Linux.");
        var token = TestContext.Current.CancellationToken;
        var project = Directory.CreateTempSubdirectory("runctl-test-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(project, script), source, token);
            if (second is var (name, text))
            {
                await File.WriteAllTextAsync(Path.Combine(project, name), text, token);
            }

            var launcher = new SpotLauncher(Cloud, TimeProvider.System);
            var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["g5.xlarge"], IamInstanceProfile = Sandbox.InstanceProfile }, token);
            var launched = await launcher.LaunchAsync(plan, _progress, token);
            var instance = await launcher.WaitUntilReadyAsync(launched[0].InstanceId, TimeSpan.FromSeconds(60), _progress, token);
            var starter = new TrainingStarter(Cloud, _adapters, TimeProvider.System);
            var request = new StartRequest
            {
                InstanceId = instance.InstanceId, ScriptPath = Path.Combine(project, script), ProjectDirectory = project, SyncCode = true,
            };
            var configuration = new RunctlConfiguration
            {
                S3Bucket = Sandbox.Bucket, ProjectName = "digits", GracePeriod = TimeSpan.FromSeconds(graceSeconds), Mirror = mirror,
            };
            var training = await starter.StartAsync(await starter.PlanAsync(request, configuration, token), _progress, token);
            return new GuardedRun(this, training);
        }
        finally
        {
            Directory.Delete(project, recursive: true);
        }
    }

    private sealed class NoProgress : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value) => ArgumentNullException.ThrowIfNull(value);
    }
}
