using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Tests.Ec2;

/// <summary>The EC2 API alone: instances have states, and a power that only notes what is asked of it.</summary>
public sealed class Ec2Server : IAsyncDisposable
{
    public const string Ubuntu = "ami-0a1b2c3d4e5f20401";
    public const string UbuntuArm = "ami-0a1b2c3d4e5f20402";

    /// <summary>Ends with the test.</summary>
    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly HttpServer _http;
    private readonly SignatureVerifier _verifier;

    public Ec2Server(TimeSpan? bootTime = null, int? vcpuQuota = null, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        Options = new SandboxOptions { BootTime = bootTime ?? TimeSpan.FromMilliseconds(20), SpotVcpuQuota = vcpuQuota };
        Registry = new InstanceRegistry(Options, Power, new ConditionTable(Options, clock), clock);
        Service = new Ec2Service(Options, Registry, clock);
        var credentials = new CredentialStore(clock);
        var key = credentials.Create(new SandboxPrincipal("000000000000", "arn:aws:iam::000000000000:user/sandbox", "AIDASANDBOX"));
        _verifier = new SignatureVerifier(credentials.Find, clock);
        _http = HttpServer.Start(async (exchange, ct) =>
            await Service.HandleAsync(exchange, await _verifier.VerifyAsync(exchange.Request, ct), ct));
        Client = new AmazonEC2Client(new BasicAWSCredentials(key.AccessKeyId, key.SecretKey), new AmazonEC2Config
        {
            ServiceURL = _http.Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0,
        });
    }

    public AmazonEC2Client Client { get; }

    public SandboxOptions Options { get; }

    internal RecordingPower Power { get; } = new();

    internal InstanceRegistry Registry { get; }

    internal Ec2Service Service { get; }

    /// <summary>A launch template as Runctl makes one.</summary>
    public async Task<LaunchTemplate> CreateTemplateAsync(string name = "runctl-test", Action<RequestLaunchTemplateData>? change = null)
    {
        var data = new RequestLaunchTemplateData
        {
            ImageId = Ubuntu,
            IamInstanceProfile = new() { Name = "RunctlSandbox" },
            TagSpecifications = [new() { ResourceType = ResourceType.Instance, Tags = [new("runctl:project", "digits")] }],
        };
        change?.Invoke(data);
        var answer = await Client.CreateLaunchTemplateAsync(new CreateLaunchTemplateRequest { LaunchTemplateName = name, LaunchTemplateData = data }, Ct);
        return answer.LaunchTemplate;
    }

    /// <summary>An instant fleet over the types in all given zones (letters).</summary>
    public async Task<CreateFleetResponse> CreateFleetAsync(
        string[] types, string zones = "abc", int count = 1, Action<CreateFleetRequest>? change = null, string template = "runctl-test")
    {
        var subnets = (await Client.DescribeSubnetsAsync(new DescribeSubnetsRequest(), Ct)).Subnets;
        var request = new CreateFleetRequest
        {
            Type = FleetType.Instant,
            LaunchTemplateConfigs =
            [
                new()
                {
                    LaunchTemplateSpecification = new() { LaunchTemplateName = template, Version = "$Latest" },
                    Overrides =
                    [
                        .. from type in types
                           from subnet in subnets
                           where zones.Contains(subnet.AvailabilityZone[^1], StringComparison.Ordinal)
                           select new FleetLaunchTemplateOverridesRequest { InstanceType = type, SubnetId = subnet.SubnetId },
                    ],
                },
            ],
            TargetCapacitySpecification = new()
            {
                TotalTargetCapacity = count, DefaultTargetCapacityType = DefaultTargetCapacityType.Spot,
            },
            SpotOptions = new()
            {
                AllocationStrategy = SpotAllocationStrategy.PriceCapacityOptimized,
                MinTargetCapacity = count, SingleAvailabilityZone = true,
            },
        };
        change?.Invoke(request);
        return await Client.CreateFleetAsync(request, Ct);
    }

    /// <summary>One instance, running.</summary>
    public async Task<string> RunAsync(InstanceMarketOptionsRequest? market = null, Action<RunInstancesRequest>? change = null)
    {
        var request = new RunInstancesRequest
        {
            ImageId = Ubuntu, InstanceType = "c5.large", MinCount = 1, MaxCount = 1, InstanceMarketOptions = market,
        };
        change?.Invoke(request);
        var id = (await Client.RunInstancesAsync(request, Ct)).Reservation.Instances[0].InstanceId;
        await UntilAsync(id, "running");
        return id;
    }

    /// <summary>A spot instance, running.</summary>
    public Task<string> RunSpotAsync(string type = "one-time", string behavior = "terminate") => RunAsync(new()
    {
        MarketType = MarketType.Spot, SpotOptions = new() { SpotInstanceType = type, InstanceInterruptionBehavior = behavior },
    });

    /// <summary>The instance as DescribeInstances has it.</summary>
    public async Task<Instance> DescribeAsync(string id)
    {
        var answer = await Client.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [id] }, Ct);
        return answer.Reservations.Single().Instances.Single();
    }

    /// <summary>The spot request of an instance.</summary>
    public async Task<SpotInstanceRequest> SpotRequestAsync(string id)
    {
        var answer = await Client.DescribeSpotInstanceRequestsAsync(
            new DescribeSpotInstanceRequestsRequest { Filters = [new("instance-id", [id])] }, Ct);
        return answer.SpotInstanceRequests.Single();
    }

    /// <summary>Waits until the API shows an instance in a state.</summary>
    public async Task<Instance> UntilAsync(string id, string state)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await Client.DescribeInstancesAsync(
                new DescribeInstancesRequest { Filters = [new("instance-id", [id]), new("instance-state-name", [state])] }, limit.Token);
            if (answer.Reservations is [var reservation])
            {
                return reservation.Instances.Single();
            }

            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Waits until a spot request has another instance.</summary>
    public async Task<string> NextOfAsync(string requestId, string instanceId)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await Client.DescribeSpotInstanceRequestsAsync(
                new DescribeSpotInstanceRequestsRequest { SpotInstanceRequestIds = [requestId] }, limit.Token);
            if (answer.SpotInstanceRequests.Single().InstanceId is var next && next != instanceId)
            {
                return next;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _http.DisposeAsync();
        await Registry.DisposeAsync();
    }
}
