using Runctl.Sandbox.Control;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Imds;
using Runctl.Sandbox.Instances;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Ssm;
using Runctl.Sandbox.Sts;

namespace Runctl.Sandbox;

/// <summary>
/// EC2, SSM, S3, STS and the instance metadata service on this machine's loopback. Instances are directories and real processes.
/// When it is disposed, or its process ends in any way, no process and no directory is left.
/// </summary>
public sealed class RunctlSandboxServer : IAsyncDisposable
{
    private const string Account = "000000000000";

    private readonly InstanceRegistry _registry;
    private readonly InstancePower _power;
    private readonly HttpServer _server;
    private readonly Watchdog _watchdog;
    private int _disposed;

    private RunctlSandboxServer(SandboxOptions options, string directory, HostTools tools, ProcessSpaces spaces, Watchdog watchdog)
    {
        var clock = TimeProvider.System;
        var credentials = new CredentialStore(clock);
        var user = credentials.Create(new SandboxPrincipal(Account, $"arn:aws:iam::{Account}:user/sandbox", "AIDASANDBOX0000000001"));
        Options = options;
        Directory = directory;
        Started = clock.GetUtcNow();
        AccessKeyId = user.AccessKeyId;
        SecretAccessKey = user.SecretKey;
        _watchdog = watchdog;

        var users = InstanceUsers.For(directory, spaces.UseNamespaces);
        var imds = new ImdsContext(options.Region, Account, credentials, clock);
        _power = new InstancePower(Path.Combine(directory, "instances"), spaces, users, imds, () => Endpoint, tools.SearchPath, id => _ = _registry!.ShutDownAsync(id));
        _registry = new InstanceRegistry(options, _power, clock);
        var ssm = new SsmService(_registry, _power.Find, options, clock);
        var s3 = new S3Service(Path.Combine(directory, "s3"), clock);
        s3.CreateBucket(options.Bucket);
        var router = new SandboxRouter(
            new SignatureVerifier(credentials.Find, clock), new Ec2Service(options, _registry, clock), ssm, s3, new StsService(credentials), new ControlService(_registry));
        _server = HttpServer.Start(router.HandleAsync);
        Endpoint = _server.Endpoint;
    }

    /// <summary>How it was set up.</summary>
    public SandboxOptions Options { get; }

    /// <summary>Where all services answer; clients find it through <c>AWS_ENDPOINT_URL</c>.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>The region that clients sign for.</summary>
    public string Region => Options.Region;

    /// <summary>Access key of the sandbox's user; random.</summary>
    public string AccessKeyId { get; }

    /// <summary>Secret key of the sandbox's user; random.</summary>
    public string SecretAccessKey { get; }

    /// <summary>A bucket that is there from the start.</summary>
    public string Bucket => Options.Bucket;

    /// <summary>The instance profile whose role may use SSM and S3.</summary>
    public string InstanceProfile => Options.InstanceProfile;

    /// <summary>Where instances and objects are kept while it lives.</summary>
    public string Directory { get; }

    /// <summary>When it was started, UTC.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Every instance there was, oldest first.</summary>
    public IReadOnlyList<SandboxInstance> Instances =>
        [.. _registry.All.Select(record => new SandboxInstance(record.InstanceId, record.State.Name(), _power.Find(record.InstanceId)?.Root))];

    /// <summary>Starts a sandbox.</summary>
    /// <param name="options">How it is set up, or null for the defaults.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or a program it needs is missing.</exception>
    public static async Task<RunctlSandboxServer> StartAsync(SandboxOptions? options = null, CancellationToken ct = default)
    {
        options ??= new SandboxOptions();
        var tools = HostTools.Find();
        var spaces = await ProcessSpaces.ProbeAsync(tools, TimeProvider.System, allowNamespaces: true, ct).ConfigureAwait(false);
        var directory = CreateDirectory();
        var watchdog = Watchdog.Start(tools, directory, spaces.UseNamespaces);
        return new RunctlSandboxServer(options, directory, tools, spaces, watchdog);
    }

    /// <summary>Gives a spot instance notice through its metadata service, and takes it when the window is over.</summary>
    /// <param name="instanceId">A running spot instance.</param>
    /// <param name="window">From notice to end; AWS gives two minutes.</param>
    /// <param name="action">terminate, stop or hibernate; null for what it was launched with.</param>
    /// <returns>When it is taken, UTC.</returns>
    /// <exception cref="InvalidOperationException">There is no such running spot instance.</exception>
    public async Task<DateTimeOffset> InterruptAsync(string instanceId, TimeSpan window, string? action = null)
    {
        try
        {
            return await _registry.InterruptAsync(instanceId, window, action).ConfigureAwait(false);
        }
        catch (Ec2Exception e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    /// <summary>Ends every instance, and removes all there was.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _registry.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        await _watchdog.DisposeAsync().ConfigureAwait(false);
    }

    private static string CreateDirectory()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("runctl-sandbox-").FullName;

        // The instances' users have to get in.
        const UnixFileMode enter = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(directory, enter);
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "instances"));
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "s3"));
        return directory;
    }
}
