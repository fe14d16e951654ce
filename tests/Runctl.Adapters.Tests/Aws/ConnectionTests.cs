using System.Net;
using System.Net.Sockets;
using Runctl.Adapters.Aws;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Adapters.Tests.Aws;

public sealed class ConnectionTests
{
    private static readonly CloudCredentials Keys = new("AKIDEXAMPLE", "secret", null);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Connecting_calls_nobody_and_reads_no_credentials()
    {
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = "eu-central-1", ProfileName = "there-is-none" });
        Assert.Equal("eu-central-1", cloud.Region);
    }

    [Fact]
    public void A_region_that_can_not_be_is_refused()
    {
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = "Frankfurt/../x" });
        Assert.Equal("RegionInvalid", Assert.Throws<RunctlException>(() => cloud.Region).Id);
    }

    [Fact]
    public async Task A_profile_that_does_not_exist_is_said_at_the_first_call()
    {
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = "eu-central-1", ProfileName = "there-is-none", EndpointUrl = new Uri("http://127.0.0.1:9") });
        var error = await Assert.ThrowsAsync<RunctlException>(() => cloud.Instances.FindAsync(new InstanceQuery(), Token));
        Assert.Equal("ProfileUnusable", error.Id);
    }

    [Fact]
    public async Task Nobody_at_the_endpoint_is_a_connection_error_that_names_it()
    {
        // By SSM: its calls are repeated by Runctl, on the clock it was given. Those of EC2 are repeated by the SDK, on the system's.
        using var cloud = new AwsCloud(new CloudConnection { Region = "eu-central-1", EndpointUrl = new Uri("http://127.0.0.1:9"), Credentials = Keys }, new InstantTimeProvider());
        var error = await Assert.ThrowsAsync<RunctlException>(() => cloud.Commands.FindParameterAsync("/x", Token));
        Assert.Equal("ConnectionFailed", error.Id);
        Assert.True(error.IsTransient);
        Assert.Contains("127.0.0.1:9/ refused the connection", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_without_an_answer_in_time_is_a_connection_error_that_passes()
    {
        // The SDK throws what the time limit of its HTTP client has inside.
        var late = new TimeoutException("The operation was canceled.", new TaskCanceledException());
        var error = await Assert.ThrowsAsync<RunctlException>(() => AwsErrors.CallAsync<int>("SSM", "SendCommand", "http://192.0.2.1/", () => throw late, Token));
        Assert.Equal("ConnectionFailed", error.Id);
        Assert.True(error.IsTransient);
        Assert.Contains("SSM SendCommand: no answer from http://192.0.2.1/", error.Message, StringComparison.Ordinal);
        Assert.Equal("no answer in time", ServiceNames.ReasonOf(late));
    }

    [Fact]
    public async Task Only_loopback_is_asked_whether_it_is_a_sandbox()
    {
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = "eu-central-1", EndpointUrl = new Uri("https://192.0.2.1"), Credentials = Keys });
        Assert.Null(await cloud.FindSandboxAsync(Token));
    }

    [Fact]
    public async Task An_object_larger_than_any_record_is_refused_before_it_is_read()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var answers = AnswerAsync(server);
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = "eu-central-1", EndpointUrl = new Uri($"http://{server.LocalEndpoint}"), Credentials = Keys });
        var error = await Assert.ThrowsAsync<RunctlException>(() => cloud.Objects.ReadAsync("bucket", "runs/x/run.json", Token));
        Assert.Equal("RecordTooLarge", error.Id);
        Assert.Contains("s3://bucket/runs/x/run.json has 99999999999 bytes", error.Message, StringComparison.Ordinal);
        server.Stop();
        await answers;
    }

    /// <summary>Begins to send an object of 100 GB, once.</summary>
    private static async Task AnswerAsync(TcpListener server)
    {
        using var client = await server.AcceptTcpClientAsync(Token);
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (await reader.ReadLineAsync(Token) is { Length: > 0 })
        {
            // The request's head.
        }

        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nETag: \"0123456789abcdef0123456789abcdef-2\"\r\n\r\nbegin"u8.ToArray(), Token);
        // Until the client has closed it.
        Assert.Null(await reader.ReadLineAsync(Token));
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled()
    {
        // It takes the connection, and never answers.
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = "eu-central-1", EndpointUrl = new Uri($"http://{server.LocalEndpoint}"), Credentials = Keys });
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cloud.Instances.FindAsync(new InstanceQuery(), cancel.Token));
    }
}
