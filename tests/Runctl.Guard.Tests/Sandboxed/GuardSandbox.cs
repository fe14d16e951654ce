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
    private ImmutableList<string> _keys = [];

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
        Print();
    }

    /// <summary>Prints the policies with one more key of KMS.</summary>
    public void AllowKey(string key)
    {
        ImmutableInterlocked.Update(ref _keys, keys => keys.Contains(key) ? keys : keys.Add(key));
        Print();
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

            using var cloud = scenario.Encryption is null ? null : Connect(Sandbox.AccessKeyId, Sandbox.SecretAccessKey, scenario.Encryption);
            if (scenario.Encryption?.KmsKeyId is { } kms)
            {
                AllowKey(kms);
            }

            var starter = new TrainingStarter(cloud ?? Cloud, _adapters, TimeProvider.System);
            var request = new StartRequest
            {
                InstanceId = instance, ScriptPath = Path.Combine(project, scenario.Script), ProjectDirectory = project, SyncCode = true,
            };
            var configuration = new RunctlConfiguration
            {
                S3Bucket = scenario.HasBucket ? scenario.Bucket ?? Sandbox.Bucket : null,
                S3Encryption = scenario.Encryption?.Method, S3KmsKeyId = scenario.Encryption?.KmsKeyId, ProjectName = scenario.Project, CheckpointDirectory = scenario.Directory,
                GracePeriod = TimeSpan.FromSeconds(scenario.GraceSeconds), Mirror = scenario.Mirror,
            };
            var outcome = await starter.StartAsync(await starter.PlanAsync(request, scenario.Configure(configuration), token), _progress, token);
            var training = outcome.Failure is { } failure ? throw failure : outcome.Training;
            return new GuardedRun(this, training.RunId, instance, scenario.Project) { Bucket = scenario.Bucket ?? Sandbox.Bucket };
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

    /// <summary>The one run of an instance, while its start is not over yet.</summary>
    public GuardedRun RunOn(string instanceId)
    {
        var root = Sandbox.Instances.Single(one => one.InstanceId == instanceId).RootDirectory!;
        return new GuardedRun(this, Path.GetFileName(Directory.GetDirectories(Path.Combine(root, "var/lib/runctl/runs")).Single()), instanceId, "digits");
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
        Sandbox.Faults.Add(new RunctlSandboxFault { Operation = operation, Kind = SandboxFaultKind.Delay, InstanceId = instanceId });

    private void Print() => Sandbox.Policies = PrintedPolicies.Of(change: scope => scope with { Secrets = _secrets, KmsKeys = _keys });

    private ICloud Connect(string key, string secret, ObjectEncryption? encryption = null) => _adapters.Connect(new CloudConnection
    {
        Region = Sandbox.Region, EndpointUrl = Sandbox.Endpoint, Encryption = encryption, Credentials = new CloudCredentials(key, secret, null),
    });

    private sealed class NoProgress : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value) => ArgumentNullException.ThrowIfNull(value);
    }
}
