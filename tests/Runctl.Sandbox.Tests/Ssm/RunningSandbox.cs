using System.Reflection;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Tests.Ssm;

/// <summary>A sandbox with quickly booting instances, and the real SSM client on it.</summary>
public sealed class RunningSandbox : IAsyncDisposable
{
    private readonly InstanceRegistry _registry;

    private RunningSandbox(RunctlSandbox sandbox)
    {
        Sandbox = sandbox;
        _registry = (InstanceRegistry)typeof(RunctlSandbox)
            .GetField("_registry", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(sandbox)!;
        Ssm = new AmazonSimpleSystemsManagementClient(
            new BasicAWSCredentials(sandbox.AccessKeyId, sandbox.SecretAccessKey),
            new AmazonSimpleSystemsManagementConfig
            {
                ServiceURL = sandbox.Endpoint.ToString(), AuthenticationRegion = sandbox.Region, MaxErrorRetry = 0,
            });
    }

    public RunctlSandbox Sandbox { get; }

    public AmazonSimpleSystemsManagementClient Ssm { get; }

    public static Task<RunningSandbox> StartAsync(bool namespaces = true) =>
        StartAsync(new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(100), UseNamespaces = namespaces });

    public static async Task<RunningSandbox> StartAsync(SandboxOptions options) => new(await RunctlSandbox.StartAsync(options));

    /// <summary>Launches a spot instance and waits until SSM has it online.</summary>
    public async Task<string> LaunchAsync()
    {
        var id = Launch();
        await Eventually.TrueAsync(async () =>
            (await Ssm.DescribeInstanceInformationAsync(new DescribeInstanceInformationRequest
            {
                Filters = [new InstanceInformationStringFilter { Key = "InstanceIds", Values = [id] }],
            })).InstanceInformationList?.Count == 1);
        return id;
    }

    /// <summary>Launches a spot instance.</summary>
    public string Launch()
    {
        var subnet = _registry.Network.Subnets[0];
        return _registry.Launch(new InstanceOrder
        {
            InstanceType = "g5.xlarge", ImageId = "ami-0a1b2c3d4e5f20401", SubnetId = subnet.SubnetId,
            AvailabilityZone = subnet.Zone, ReservationId = "r-0123456789abcdef0", Spot = new SpotOrder(),
            ProfileName = Sandbox.InstanceProfile,
        }).InstanceId;
    }

    /// <summary>Has EC2 take it as it is, without a window, and waits for that.</summary>
    public async Task TakeAsync(string id, string action)
    {
        await Sandbox.InterruptAsync(id, TimeSpan.Zero, action);
        await StateAsync(id, "stopped");
    }

    /// <summary>Has EC2 give it back, and waits until it runs.</summary>
    public async Task ReturnAsync(string id)
    {
        Sandbox.ReturnCapacity(id);
        await StateAsync(id, "running");
    }

    public Task TerminateAsync(string id) => _registry.TerminateAsync(id);

    public Task StateAsync(string id, string state) =>
        Eventually.TrueAsync(() => Sandbox.Instances.Single(instance => instance.InstanceId == id).State == state);

    public string RootOf(string id) => Sandbox.Instances.Single(instance => instance.InstanceId == id).RootDirectory!;

    public async Task<string> SendAsync(string id, string script, int? executionTimeout = null)
    {
        var parameters = new Dictionary<string, List<string>> { ["commands"] = [.. script.Split('\n')] };
        if (executionTimeout is { } seconds)
        {
            parameters["executionTimeout"] = [$"{seconds}"];
        }

        return (await Ssm.SendCommandAsync(new SendCommandRequest
        {
            DocumentName = "AWS-RunShellScript", InstanceIds = [id], Parameters = parameters,
        })).Command.CommandId;
    }

    public async Task<GetCommandInvocationResponse> FinishAsync(string command, string id)
    {
        GetCommandInvocationResponse? answer = null;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                answer = await Ssm.GetCommandInvocationAsync(new() { CommandId = command, InstanceId = id });
                return answer.Status.Value is not ("Pending" or "InProgress" or "Delayed" or "Cancelling");
            }
            catch (InvocationDoesNotExistException)
            {
                return false;
            }
        });
        return answer!;
    }

    public async Task<GetCommandInvocationResponse> RunAsync(string id, string script, int? executionTimeout = null) =>
        await FinishAsync(await SendAsync(id, script, executionTimeout), id);

    public async ValueTask DisposeAsync()
    {
        Ssm.Dispose();
        await Sandbox.DisposeAsync();
    }
}
