using System.Collections.Immutable;
using Amazon.Runtime;
using Amazon.S3;
using Runctl.Adapters;
using Runctl.Configuration;
using Runctl.Guard.Tests.Sandboxed;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Sandbox;
using Runctl.Tests.Policies;
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
    private ICloud? _administrator;
    private ImmutableList<string> _secrets = [];

    public RunctlSandbox Sandbox => _sandbox!;

    public ICloud Cloud => _cloud!;

    /// <summary>A connection that may do everything, for what no person with the printed policy does.</summary>
    public ICloud Administrator => _administrator!;

    public AmazonS3Client S3 { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _sandbox = await RunctlSandbox.StartAsync(new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(100), Policies = PrintedPolicies.Of() });
        _cloud = Connect(Sandbox.AccessKeyId, Sandbox.SecretAccessKey);
        _administrator = Connect(Sandbox.AdministratorAccessKeyId, Sandbox.AdministratorSecretAccessKey);
        S3 = new AmazonS3Client(new BasicAWSCredentials(Sandbox.AdministratorAccessKeyId, Sandbox.AdministratorSecretAccessKey), new AmazonS3Config
        {
            ServiceURL = Sandbox.Endpoint.ToString(), AuthenticationRegion = Sandbox.Region, ForcePathStyle = true,
        });
    }

    public async ValueTask DisposeAsync()
    {
        S3?.Dispose();
        _cloud?.Dispose();
        _administrator?.Dispose();
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }

    /// <summary>Prints the policies with one more reference to a value that is kept elsewhere.</summary>
    public void Allow(string reference)
    {
        ImmutableInterlocked.Update(ref _secrets, secrets => secrets.Add(reference));
        Sandbox.Policies = PrintedPolicies.Of(change: scope => scope with { Secrets = _secrets });
    }

    /// <summary>A new instance with a training on it.</summary>
    public Task<GuardedRun> StartAsync(
        string source, string script = "train.py", double graceSeconds = 20, bool mirror = true, (string Name, string Source)? second = null) =>
        StartAsync(new Scenario(source) { Script = script, GraceSeconds = graceSeconds, Mirror = mirror, Second = second });

    /// <summary>A training on a new instance, or on the one it names.</summary>
    public async Task<GuardedRun> StartAsync(Scenario scenario)
    {
        var token = TestContext.Current.CancellationToken;
        var instance = scenario.InstanceId ?? await LaunchAsync();
        var project = Directory.CreateTempSubdirectory("runctl-test-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(project, scenario.Script), scenario.Source, token);
            if (scenario.Second is var (name, text))
            {
                await File.WriteAllTextAsync(Path.Combine(project, name), text, token);
            }

            var starter = new TrainingStarter(Cloud, _adapters, TimeProvider.System);
            var request = new StartRequest
            {
                InstanceId = instance, ScriptPath = Path.Combine(project, scenario.Script), ProjectDirectory = project, SyncCode = true,
            };
            var configuration = new RunctlConfiguration
            {
                S3Bucket = scenario.HasBucket ? Sandbox.Bucket : null, ProjectName = scenario.Project, CheckpointDirectory = scenario.Directory,
                GracePeriod = TimeSpan.FromSeconds(scenario.GraceSeconds), Mirror = scenario.Mirror,
            };
            var training = await starter.StartAsync(await starter.PlanAsync(request, scenario.Configure(configuration), token), _progress, token);
            return new GuardedRun(this, training.RunId, instance, scenario.Project);
        }
        catch when (scenario.InstanceId is null)
        {
            await Cloud.Instances.TerminateAsync([instance], CancellationToken.None);
            throw;
        }
        finally
        {
            Directory.Delete(project, recursive: true);
        }
    }

    /// <summary>A spot instance that takes commands; its id.</summary>
    public async Task<string> LaunchAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The sandbox runs on Linux.");
        var token = TestContext.Current.CancellationToken;
        var launcher = new SpotLauncher(Cloud, TimeProvider.System);
        var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["g5.xlarge"], IamInstanceProfile = Sandbox.InstanceProfile }, token);
        var launched = await launcher.LaunchAsync(plan, _progress, token);
        return (await launcher.WaitUntilReadyAsync(launched[0].InstanceId, TimeSpan.FromSeconds(240), _progress, token)).InstanceId;
    }

    /// <summary>Counts the requests of an instance from now on, as in <c>s3:UploadPart</c>.</summary>
    public SandboxFaultRule Count(string operation, string instanceId) =>
        Sandbox.Faults.Add(new SandboxFault { Operation = operation, Kind = SandboxFaultKind.Delay, InstanceId = instanceId });

    private ICloud Connect(string key, string secret) =>
        _adapters.Connect(new CloudConnection { Region = Sandbox.Region, EndpointUrl = Sandbox.Endpoint, Credentials = new CloudCredentials(key, secret, null) });

    private sealed class NoProgress : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value) => ArgumentNullException.ThrowIfNull(value);
    }
}
