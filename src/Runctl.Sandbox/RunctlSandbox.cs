using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Imds;
using Runctl.Sandbox.Instances;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Secrets;
using Runctl.Sandbox.Ssm;
using Runctl.Sandbox.Sts;

namespace Runctl.Sandbox;

/// <summary>
/// EC2, SSM, S3, STS and IMDS on loopback, with instances that are directories and real processes. Nothing of it outlives
/// this process: a watchdog removes what is left, however the process ends.
/// </summary>
public sealed class RunctlSandbox : IAsyncDisposable
{
    private readonly Watchdog _watchdog;
    private readonly SandboxPower _power;
    private readonly InstanceRegistry _registry;
    private readonly HttpServer _server;
    private readonly ConditionTable _conditions;
    private readonly SandboxOptions _options;
    private readonly AccessControl _access;
    private readonly S3Service _storage;
    private int _disposed;

    private RunctlSandbox(SandboxOptions options, string directory, Watchdog watchdog, ProcessSpaces spaces, HostTools tools)
    {
        var clock = TimeProvider.System;
        var credentials = new CredentialStore(clock);
        var key = credentials.Create(new SandboxPrincipal(Account, $"arn:aws:iam::{Account}:user/sandbox", "AIDASANDBOX") { Kind = PrincipalKind.Person });
        var administrator = credentials.Create(new SandboxPrincipal(Account, $"arn:aws:iam::{Account}:user/administrator", "AIDAADMINISTRATOR"));
        (Directory, _watchdog, Started) = (directory, watchdog, clock.GetUtcNow());
        (Region, Bucket, InstanceProfile) = (options.Region, options.Bucket, options.InstanceProfile);
        Faults = new SandboxFaults(options);
        _options = options;
        _conditions = new ConditionTable(options, clock);
        var gate = new FaultGate(Faults, clock);
        (AccessKeyId, SecretAccessKey) = (key.AccessKeyId, key.SecretKey);
        (AdministratorAccessKeyId, AdministratorSecretAccessKey) = (administrator.AccessKeyId, administrator.SecretKey);

        _power = new SandboxPower(
            spaces, InstanceUsers.For(directory, spaces.UseNamespaces),
            new ImdsContext(options.Region, Account, credentials, _conditions, gate, clock), directory, tools.SearchPath, options.BootTime);
        _registry = new InstanceRegistry(options, _power, _conditions, clock);
        _power.ShutDownFromInside = id => _registry.ShutDownAsync(id);
        S3Service? storage = null;
        _access = new AccessControl(() => storage!.Buckets) { Policies = options.Policies };
        storage = new S3Service(SandboxDirectory.CreatePrivate(directory, "s3"), clock, _access);
        foreach (var bucket in options.OtherBuckets.Prepend(options.Bucket))
        {
            storage.CreateBucket(bucket);
        }

        _storage = storage;
        var router = new SandboxRouter(
            new SignatureVerifier(credentials.Find, clock),
            new Dictionary<string, Func<HttpExchange, SignedRequest, CancellationToken, Task>>(StringComparer.Ordinal)
            {
                ["ec2"] = new Ec2Service(options, _registry, clock, _access).HandleAsync,
                ["ssm"] = new SsmService(_registry, _power.Machine, _conditions, options, Account, _access, clock).HandleAsync,
                ["secretsmanager"] = new SecretsService(options.Region, Account, _access, clock).HandleAsync,
                ["s3"] = storage.HandleAsync,
                ["sts"] = new StsService(credentials, _access).HandleAsync,
                [SandboxRouter.ControlService] = new ControlService(_registry).HandleAsync,
            },
            _conditions,
            gate,
            options.Region);
        _server = HttpServer.Start(router.HandleAsync);
        _power.Endpoint = Endpoint.ToString().TrimEnd('/');
    }

    /// <summary>The one address of all services.</summary>
    public Uri Endpoint => _server.Endpoint;

    /// <summary>The region that requests are to be signed for.</summary>
    public string Region { get; }

    /// <summary>The id of the key of the person, whom <see cref="Policies"/> are about; made at random.</summary>
    public string AccessKeyId { get; }

    /// <summary>Its secret.</summary>
    public string SecretAccessKey { get; }

    /// <summary>The id of a key that may do everything, as the administrator of an account; made at random.</summary>
    public string AdministratorAccessKeyId { get; }

    /// <summary>Its secret.</summary>
    public string AdministratorSecretAccessKey { get; }

    /// <summary>The bucket that is there from the start.</summary>
    public string Bucket { get; }

    /// <summary>The name of the one instance profile.</summary>
    public string InstanceProfile { get; }

    /// <summary>Where everything is kept; gone after the end.</summary>
    public string Directory { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>What goes wrong with requests; it may be changed at any time.</summary>
    public SandboxFaults Faults { get; }

    /// <summary>What instances launched from now on begin with.</summary>
    public SandboxConditions InitialConditions
    {
        get => _conditions.Initial;
        set => _conditions.Initial = value;
    }

    /// <summary>Pools that are out of something, as <see cref="SandboxOptions.PoolErrors"/>; it may be changed at any time.</summary>
    public IDictionary<string, string> PoolErrors => _options.PoolErrors;

    /// <summary>The account's limit of spot vCPUs; null is none. It may be changed at any time.</summary>
    public int? SpotVcpuQuota
    {
        get => _options.SpotVcpuQuota;
        set => _options.SpotVcpuQuota = value;
    }

    /// <summary>The policies for the names of the buckets there are; null allows everything. It may be changed at any time.</summary>
    public Func<IReadOnlyList<string>, SandboxPolicies>? Policies
    {
        get => _access.Policies;
        set => _access.Policies = value;
    }

    /// <summary>The permissions that requests of the person and of roles needed and had, each once.</summary>
    public IReadOnlyCollection<SandboxGrant> UsedPermissions => _access.Used;

    /// <summary>All instances, oldest first, terminated ones included.</summary>
    public IReadOnlyList<SandboxInstance> Instances => _registry.All
        .Select(record => new SandboxInstance(
            record.InstanceId, record.State.Name(), record.InstanceType, record.AvailabilityZone, record.IsSpot,
            _power.Machine(record.InstanceId)?.Root))
        .ToList();

    private static string Account => "000000000000";

    /// <summary>Starts a sandbox.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or a program it needs is missing.</exception>
    public static async Task<RunctlSandbox> StartAsync(SandboxOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SandboxOptions();
        var tools = HostTools.Find();
        var spaces = options.Responder is not null ? ProcessSpaces.Empty(tools, TimeProvider.System)
            : await ProcessSpaces.ProbeAsync(tools, TimeProvider.System, options.UseNamespaces, cancellationToken).ConfigureAwait(false);
        var directory = SandboxDirectory.Create();
        var watchdog = Watchdog.Start(tools, directory, spaces.UseNamespaces);
        try
        {
            return new RunctlSandbox(options, directory, watchdog, spaces, tools);
        }
        catch
        {
            await watchdog.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What an instance lives with.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    public SandboxConditions GetConditions(string instanceId) => ConditionsOf(instanceId).Current;

    /// <summary>Changes what an instance lives with, at once.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance.</exception>
    /// <exception cref="ArgumentException">A value that cannot be; the message names it and what is allowed.</exception>
    public void SetConditions(string instanceId, SandboxConditions conditions)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        conditions.Validate();
        ConditionsOf(instanceId).Become(conditions);
    }

    /// <summary>Makes a bucket that demands something of writes.</summary>
    /// <exception cref="ArgumentException">There is a bucket of this name.</exception>
    public void CreateBucket(string name, SandboxBucketRules rules)
    {
        if (!_storage.CreateBucket(name, region: null, rules))
        {
            throw new ArgumentException($"There is a bucket {name} already.", nameof(name));
        }
    }

    /// <summary>
    /// Gives a running spot instance notice in its metadata, as its conditions have it (late, or none, or a rebalance first), and takes
    /// it when the window is over.
    /// </summary>
    /// <param name="instanceId">A running spot instance.</param>
    /// <param name="window">From notice to end; AWS gives two minutes.</param>
    /// <param name="action">terminate, stop or hibernate.</param>
    /// <returns>When it is taken.</returns>
    /// <exception cref="InvalidOperationException">There is no such instance, or it is not a running spot instance.</exception>
    public async Task<DateTimeOffset> InterruptAsync(string instanceId, TimeSpan window, string action = "terminate") =>
        await Translated(() => _registry.InterruptAsync(instanceId, window, action)).ConfigureAwait(false);

    /// <summary>Recommends a rebalance to an instance, through its metadata.</summary>
    /// <returns>The time of the recommendation.</returns>
    public DateTimeOffset RecommendRebalance(string instanceId) => Translated(() => _registry.RecommendRebalance(instanceId));

    /// <summary>Shows a running spot instance a notice whose time is past, and does not take it.</summary>
    /// <param name="instanceId">A running spot instance.</param>
    /// <param name="past">How long ago the time of the notice is.</param>
    /// <returns>The time in the notice.</returns>
    /// <exception cref="InvalidOperationException">It is no running spot instance, or is to be taken already.</exception>
    public DateTimeOffset ShowStaleNotice(string instanceId, TimeSpan past) => Translated(() => _registry.ShowStaleNotice(instanceId, past));

    /// <summary>Takes a notice back, as EC2 sometimes does, and does not take the instance; false where none stands.</summary>
    public bool WithdrawNotice(string instanceId) => Translated(() => _registry.WithdrawNotice(instanceId));

    /// <summary>There is capacity again for an instance that an interruption stopped or hibernated: EC2 starts it. What hibernated goes on where it was.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance, or it does not wait for capacity.</exception>
    public void ReturnCapacity(string instanceId) => _ = Translated(() => _registry.ReturnCapacityAsync(instanceId));

    /// <summary>Ends every instance and removes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            await _registry.DisposeAsync().ConfigureAwait(false);
            await _server.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await _watchdog.DisposeAsync().ConfigureAwait(false);
        }
    }

    private InstanceConditions ConditionsOf(string instanceId) => _conditions.Of(Translated(() => _registry.Get(instanceId)).InstanceId);

    private static T Translated<T>(Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (Ec2Exception e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }
}
