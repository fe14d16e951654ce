using System.Text.Json;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.SecurityToken;
using Runctl.Sandbox.Tests.Imds;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>A sandbox to be made to fail, with the clients of a user and of an instance's role.</summary>
public sealed class FaultySandbox : IAsyncDisposable
{
    private readonly RunningSandbox _running;
    private readonly List<IDisposable> _clients = [];

    private FaultySandbox(RunningSandbox running) => _running = running;

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public RunctlSandbox Sandbox => _running.Sandbox;

    public RunningSandbox Running => _running;

    public string Bucket => Sandbox.Bucket;

    public static async Task<FaultySandbox> StartAsync(SandboxConditions? conditions = null, params RunctlSandboxFault[] faults)
    {
        var options = new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(100), Conditions = conditions ?? new() };
        foreach (var fault in faults)
        {
            options.Faults.Add(fault);
        }

        return new FaultySandbox(await RunningSandbox.StartAsync(options));
    }

    public SandboxFaultRule Add(string operation, SandboxFaultKind kind) => Sandbox.Faults.Add(new() { Operation = operation, Kind = kind });

    public Task<string> LaunchAsync() => _running.LaunchAsync();

    public AmazonS3Client S3() => Keep(new AmazonS3Client(UserKeys(), S3Config()));

    public AmazonEC2Client Ec2() => Keep(new AmazonEC2Client(UserKeys(), new AmazonEC2Config
    {
        ServiceURL = Sandbox.Endpoint.ToString(), AuthenticationRegion = Sandbox.Region, MaxErrorRetry = 0,
    }));

    public AmazonSecurityTokenServiceClient Sts() => Keep(new AmazonSecurityTokenServiceClient(UserKeys(), new AmazonSecurityTokenServiceConfig
    {
        ServiceURL = Sandbox.Endpoint.ToString(), AuthenticationRegion = Sandbox.Region, MaxErrorRetry = 0,
    }));

    public async Task<MetadataClient> MetadataAsync(string id)
    {
        var told = await _running.RunAsync(id, "echo $AWS_EC2_METADATA_SERVICE_ENDPOINT");
        return Keep(new MetadataClient(new Uri(told.StandardOutputContent.Trim())));
    }

    /// <summary>S3 with the keys of an instance's role.</summary>
    public async Task<AmazonS3Client> RoleS3Async(string id)
    {
        const string roles = "/latest/meta-data/iam/security-credentials/";
        var metadata = await MetadataAsync(id);
        var token = await metadata.TokenAsync();
        using var keys = JsonDocument.Parse((await metadata.GetAsync(roles + Sandbox.InstanceProfile, token)).Text);
        string Field(string name) => keys.RootElement.GetProperty(name).GetString()!;
        return Keep(new AmazonS3Client(
            new SessionAWSCredentials(Field("AccessKeyId"), Field("SecretAccessKey"), Field("Token")), S3Config()));
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _running.DisposeAsync();
    }

    private BasicAWSCredentials UserKeys() => new(Sandbox.AccessKeyId, Sandbox.SecretAccessKey);

    private AmazonS3Config S3Config() => new()
    {
        ServiceURL = Sandbox.Endpoint.ToString(), AuthenticationRegion = Sandbox.Region, ForcePathStyle = true, MaxErrorRetry = 0,
    };

    private T Keep<T>(T client)
        where T : IDisposable
    {
        _clients.Add(client);
        return client;
    }
}
