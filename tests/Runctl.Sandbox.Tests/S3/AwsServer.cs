using System.Collections.Concurrent;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.SecurityToken;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3;
using Runctl.Sandbox.Signing;
using Runctl.Sandbox.Sts;

namespace Runctl.Sandbox.Tests.S3;

/// <summary>S3 and STS on one endpoint, with a bucket, a key and a directory that is gone afterwards.</summary>
internal sealed class AwsServer : IAsyncDisposable
{
    public const string Bucket = "runs";

    private readonly HttpServer _http;
    private readonly SignatureVerifier _verifier;
    private readonly StsService _sts;

    public AwsServer(TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        Directory = System.IO.Directory.CreateTempSubdirectory("runctl-s3-").FullName;
        Credentials = new CredentialStore(clock);
        Key = Credentials.Create(Principal);
        S3 = new S3Service(Directory, clock);
        S3.CreateBucket(Bucket);
        _sts = new StsService(Credentials);
        _verifier = new SignatureVerifier(Credentials.Find, clock);
        _http = HttpServer.Start(HandleAsync);
    }

    public static SandboxPrincipal Principal { get; } =
        new("123456789012", "arn:aws:iam::123456789012:user/tester", "AIDATESTER");

    public Uri Endpoint => _http.Endpoint;

    public string Directory { get; }

    public CredentialStore Credentials { get; }

    public SandboxCredential Key { get; }

    public S3Service S3 { get; }

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<HttpRequest> Requests { get; } = new();

    /// <summary>How many content files the store has.</summary>
    public int Files => System.IO.Directory.GetFiles(Directory).Length;

    public AmazonS3Client Client(SandboxCredential? credential = null, Action<AmazonS3Config>? configure = null)
    {
        var config = new AmazonS3Config { ServiceURL = Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 };
        configure?.Invoke(config);
        return new AmazonS3Client(ToAws(credential ?? Key), config);
    }

    public AmazonSecurityTokenServiceClient StsClient() => new(ToAws(Key), new AmazonSecurityTokenServiceConfig
    {
        ServiceURL = Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0,
    });

    public HttpClient Raw() => new() { BaseAddress = Endpoint };

    public async ValueTask DisposeAsync()
    {
        await _http.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static AWSCredentials ToAws(SandboxCredential credential) => credential.SessionToken is null
        ? new BasicAWSCredentials(credential.AccessKeyId, credential.SecretKey)
        : new SessionAWSCredentials(credential.AccessKeyId, credential.SecretKey, credential.SessionToken);

    private async Task HandleAsync(HttpExchange exchange, CancellationToken ct)
    {
        Requests.Enqueue(exchange.Request);
        var isSts = CredentialScope.Peek(exchange.Request)?.Service == "sts";
        try
        {
            var signed = await _verifier.VerifyAsync(exchange.Request, ct);
            await (isSts ? _sts.HandleAsync(exchange, signed, ct) : S3.HandleAsync(exchange, signed, ct));
        }
        catch (Sandbox.Signing.SignatureException e)
        {
            await (isSts
                ? StsService.RespondErrorAsync(exchange, e, ct)
                : S3Service.RespondErrorAsync(exchange, e, ct));
        }
    }
}
