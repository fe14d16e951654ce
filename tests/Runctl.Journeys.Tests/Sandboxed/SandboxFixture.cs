using Runctl.Adapters;
using Runctl.Configuration;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Sandbox;
using Runctl.Tests.Policies;
using Runctl.Training;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>A sandbox and a connection to it by the real SDK clients.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    private RunctlSandbox? _sandbox;
    private ICloud? _cloud;

    public RunctlSandbox Sandbox => _sandbox!;

    public ICloud Cloud => _cloud!;

    public IAdapters Adapters { get; } = new AdaptersRoot();

    public RunctlConfiguration Configuration => new() { S3Bucket = Sandbox.Bucket };

    public List<string> Told { get; } = [];

    private IProgress<ProgressUpdate> Progress => new Teller(Told);

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The sandbox runs on Linux.");
        _sandbox = await RunctlSandbox.StartAsync(new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(100), Policies = PrintedPolicies.Of() });
        _cloud = Connect();
    }

    /// <summary>Another connection, which shares nothing with the first.</summary>
    public ICloud Connect() => Connect(Sandbox.AccessKeyId, Sandbox.SecretAccessKey);

    /// <summary>A connection that may do everything, for what no person with the printed policy does.</summary>
    public ICloud ConnectAdministrator() => Connect(Sandbox.AdministratorAccessKeyId, Sandbox.AdministratorSecretAccessKey);

    public async ValueTask DisposeAsync()
    {
        _cloud?.Dispose();
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }

    public Task<RunctlInstance> LaunchAsync(CancellationToken token, params string[] types) => LaunchAsync(RunctlInterruptionBehavior.Terminate, token, types);

    public async Task<RunctlInstance> LaunchAsync(RunctlInterruptionBehavior interruption, CancellationToken token, params string[] types)
    {
        var launcher = new SpotLauncher(Cloud, TimeProvider.System);
        var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = types.Length == 0 ? ["g5.xlarge"] : types, IamInstanceProfile = Sandbox.InstanceProfile, InterruptionBehavior = interruption }, token);
        var launched = await launcher.LaunchAsync(plan, Progress, token);
        return await launcher.WaitUntilReadyAsync(launched[0].InstanceId, TimeSpan.FromSeconds(240), Progress, token);
    }

    public async Task<RunctlTraining> StartAsync(string instanceId, string project, string script, CancellationToken token, string? resumeFrom = null, RunctlConfiguration? configuration = null,
        IReadOnlyList<string>? arguments = null)
    {
        var starter = new TrainingStarter(Cloud, Adapters, TimeProvider.System);
        var request = new StartRequest { InstanceId = instanceId, ScriptPath = Path.Combine(project, script), ProjectDirectory = project, SyncCode = true, ResumeFrom = resumeFrom, ScriptArguments = arguments ?? [] };
        var outcome = await starter.StartAsync(await starter.PlanAsync(request, configuration ?? Configuration, token), Progress, token);
        return outcome.Failure is { } failure ? throw failure : outcome.Training;
    }

    private ICloud Connect(string key, string secret) =>
        Adapters.Connect(new CloudConnection { Region = Sandbox.Region, EndpointUrl = Sandbox.Endpoint, Credentials = new CloudCredentials(key, secret, null) });

    private sealed class Teller(List<string> told) : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value)
        {
            lock (told)
            {
                told.Add(value.Status);
            }
        }
    }
}
