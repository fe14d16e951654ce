using System.Collections.Immutable;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>EC2 as a list of records.</summary>
internal sealed class FakeInstances : IInstanceService
{
    private ImmutableList<RunctlInstance> _all = [];

    /// <summary>All there are; a copy, so that a test may change them while they are asked for.</summary>
    public ImmutableList<RunctlInstance> All => Volatile.Read(ref _all);

    /// <summary>How many questions for instances and prices there were.</summary>
    public int Questions { get; private set; }

    /// <summary>What every question fails with, where it is set.</summary>
    public RunctlException? Fault { get; set; }

    public List<string> Templates { get; } = [];

    public List<FleetRequest> Fleets { get; } = [];

    /// <summary>What a fleet call does; makes one instance unless told otherwise.</summary>
    public Func<FleetRequest, FleetAnswer>? OnFleet { get; set; }

    /// <summary>Goes on while a fleet call is under way.</summary>
    public Func<CancellationToken, Task>? BeforeFleetAnswer { get; set; }

    /// <summary>How many searches by tag find nothing yet.</summary>
    public int HiddenFromTags { get; set; }

    /// <summary>Fails terminations, where it is set.</summary>
    public RunctlException? TerminateFailure { get; set; }

    /// <summary>How many terminations fail; all unless told otherwise.</summary>
    public int TerminateFailures { get; set; } = int.MaxValue;

    /// <summary>Fails the removal of templates, where it is set.</summary>
    public RunctlException? TemplateFailure { get; set; }

    public LaunchTemplate? LastTemplate { get; private set; }

    public List<InstanceTypeRecord> Types { get; } =
    [
        new("c7i.large", ["x86_64"], false, true), new("g5.xlarge", ["x86_64"], true, true), new("c7g.large", ["arm64"], false, true), new("u7i.metal", ["x86_64"], false, false),
    ];

    public List<SubnetRecord> Subnets { get; } = [new("subnet-a", "us-east-1a", "vpc-1"), new("subnet-a2", "us-east-1a", "vpc-1"), new("subnet-b", "us-east-1b", "vpc-1")];

    public RunctlInstance Add(string id, string state = "running", bool spot = true, Dictionary<string, string>? tags = null)
    {
        var instance = new RunctlInstance
        {
            InstanceId = id, State = state, InstanceType = "c7i.large", IsSpot = spot, Region = "us-east-1", AvailabilityZone = "us-east-1a", IamInstanceProfile = "Profile",
            Tags = tags ?? new Dictionary<string, string> { [RunctlTags.Managed] = "1" },
        };
        ImmutableInterlocked.Update(ref _all, all => all.RemoveAll(i => i.InstanceId == id).Add(instance));
        return instance;
    }

    public Task<IReadOnlyList<RunctlInstance>> FindAsync(InstanceQuery query, CancellationToken cancellationToken)
    {
        Questions++;
        return Fault is { } fault ? throw fault : query.Tags.Count > 0 && HiddenFromTags-- > 0 ? Task.FromResult<IReadOnlyList<RunctlInstance>>([]) : Task.FromResult<IReadOnlyList<RunctlInstance>>([.. All.Where(i =>
        (query.InstanceIds.Count == 0 || query.InstanceIds.Contains(i.InstanceId))
        && (query.States.Count == 0 || query.States.Contains(i.State))
        && query.Tags.All(t => i.Tags.TryGetValue(t.Key, out var v) && (t.Value is null || t.Value == v)))]);
    }

    public Task TerminateAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TerminateFailure is { } failure && TerminateFailures-- > 0)
        {
            throw failure;
        }

        foreach (var id in instanceIds)
        {
            Calls.Add("terminate " + id);
            Change(id, i => i.With(copy => copy.State = "terminated"));
        }

        return Task.CompletedTask;
    }

    /// <summary>What was asked about spot requests, runs and power, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What a call of RunInstances does; makes one instance unless told otherwise.</summary>
    public Func<SpotRunRequest, IReadOnlyList<string>>? OnRun { get; set; }

    public List<SpotRequestRecord> SpotRequests { get; } = [];

    /// <summary>Fails the search for spot requests, where it is set.</summary>
    public RunctlException? SpotFailure { get; set; }

    /// <summary>The history of spot prices; by default that of one price.</summary>
    public List<SpotPriceChange>? Prices { get; set; }

    public Task StopAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken) => MoveAsync("stop", instanceIds, "stopped");

    public Task StartAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken) => MoveAsync("start", instanceIds, "running");

    public Task<IReadOnlyList<SpotPriceChange>> FindSpotPriceHistoryAsync(IReadOnlyList<string> instanceTypes, DateTimeOffset since, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        Questions++;
        return Task.FromResult<IReadOnlyList<SpotPriceChange>>(Prices ?? [.. instanceTypes.Select(t => new SpotPriceChange(t, "us-east-1a", 0.05m, DateTimeOffset.UnixEpoch))]);
    }

    public Task<IReadOnlyList<SpotRequestRecord>> FindSpotRequestsAsync(IReadOnlyList<string> requestIds, IReadOnlyDictionary<string, string?> tags, CancellationToken cancellationToken) =>
        SpotFailure is { } failure ? throw failure : Task.FromResult<IReadOnlyList<SpotRequestRecord>>([.. SpotRequests.Where(r => requestIds.Count == 0 || requestIds.Contains(r.Id))]);

    public Task CancelSpotRequestsAsync(IReadOnlyList<string> requestIds, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Calls.Add("cancel " + string.Join(" ", requestIds));
        if (CancelFailure is { } failure)
        {
            throw failure;
        }

        SpotRequests.RemoveAll(r => requestIds.Contains(r.Id));
        return Task.CompletedTask;
    }

    /// <summary>Fails the cancelling of spot requests, where it is set.</summary>
    public RunctlException? CancelFailure { get; set; }

    /// <summary>What a trial launch fails with, where it is set.</summary>
    public RunctlException? TrialFailure { get; set; }

    public Task TryRunAsync(LaunchTemplate launchTemplate, string instanceType, string subnetId, CancellationToken cancellationToken)
    {
        Calls.Add($"try {instanceType} {subnetId}");
        return TrialFailure is { } failure ? throw failure : Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> RunAsync(SpotRunRequest request, CancellationToken cancellationToken)
    {
        Calls.Add($"run {request.InstanceType} {request.SubnetId}");
        return Task.FromResult((OnRun ?? SucceedRun)(request));
    }

    public IReadOnlyList<string> SucceedRun(SpotRunRequest request) => [.. Enumerable.Range(0, request.Count).Select(i =>
    {
        var one = Add($"i-r{SpotRequests.Count}", tags: LastTemplate!.Tags.ToDictionary(t => t.Key, t => t.Value));
        SpotRequests.Add(new($"sir-{SpotRequests.Count}", one.InstanceId, true, "active", "fulfilled"));
        Change(one.InstanceId, i => i.With(copy => copy.SpotInstanceRequestId = SpotRequests[^1].Id));
        return one.InstanceId;
    })];

    private Task MoveAsync(string call, IReadOnlyList<string> ids, string state)
    {
        foreach (var id in ids)
        {
            Calls.Add($"{call} {id}");
            Change(id, i => i.With(copy => copy.State = state));
        }

        return Task.CompletedTask;
    }

    public Task TagAsync(IReadOnlyList<string> resourceIds, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        foreach (var id in resourceIds)
        {
            Change(id, i => i.With(copy => copy.Tags = i.Tags.Concat(tags).GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.Last().Value)));
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<InstanceTypeRecord>> DescribeTypesAsync(IReadOnlyList<string> instanceTypes, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<InstanceTypeRecord>>([.. Types.Where(t => instanceTypes.Contains(t.Name))]);

    public Task<IReadOnlyList<SubnetRecord>> DescribeSubnetsAsync(IReadOnlyList<string> subnetIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SubnetRecord>>([.. Subnets.Where(s => subnetIds.Count == 0 || subnetIds.Contains(s.SubnetId))]);

    public Task<ImageRecord?> FindImageAsync(string imageId, CancellationToken cancellationToken) =>
        Task.FromResult(imageId == "ami-none" ? null : new ImageRecord(imageId, "ubuntu", imageId.EndsWith("arm", StringComparison.Ordinal) ? "arm64" : "x86_64", "/dev/sda1", 8));

    public Task<IReadOnlyList<SpotPriceRecord>> FindSpotPricesAsync(IReadOnlyList<string> instanceTypes, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SpotPriceRecord>>([.. instanceTypes.Select(t => new SpotPriceRecord(t, "us-east-1a", 0.05m))]);

    public Task<string> CreateTemplateAsync(LaunchTemplate launchTemplate, CancellationToken cancellationToken)
    {
        LastTemplate = launchTemplate;
        Templates.Add(launchTemplate.Name);
        return Task.FromResult("lt-1");
    }

    public Task DeleteTemplateAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TemplateFailure is { } failure)
        {
            throw failure;
        }

        Templates.Remove(name);
        return Task.CompletedTask;
    }

    public async Task<FleetAnswer> CreateFleetAsync(FleetRequest request, CancellationToken cancellationToken)
    {
        Fleets.Add(request);
        await (BeforeFleetAnswer?.Invoke(cancellationToken) ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        return (OnFleet ?? Succeed)(request);
    }

    public FleetAnswer Succeed(FleetRequest request)
    {
        var ids = Enumerable.Range(0, request.Count).Select(i => Add($"i-{Fleets.Count}{i}", spot: request.Spot, tags: LastTemplate!.Tags.ToDictionary(t => t.Key, t => t.Value)).InstanceId).ToList();
        return new FleetAnswer(ids, []);
    }

    public static RunctlException LostAnswer() => new("ConnectionFailed", ErrorKind.Connection, "The connection broke.") { IsTransient = true };

    public void Change(string id, Func<RunctlInstance, RunctlInstance> change) =>
        ImmutableInterlocked.Update(ref _all, all => all.Find(i => i.InstanceId == id) is { } found ? all.Replace(found, change(found)) : all);

    public void Clear() => ImmutableInterlocked.Update(ref _all, static all => all.Clear());
}
