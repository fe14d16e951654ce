using System.Net;
using System.Net.Sockets;
using System.Text;
using Runctl.Adapters.Aws;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Adapters.Tests.Aws;

/// <summary>Objects in the place of records and manifests may have any size.</summary>
public sealed class LargeObjectTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_object_that_is_too_large_for_what_is_read_as_a_whole_is_damaged_and_not_read()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var answering = AnswerAsync(server, over.Token);
        using var cloud = new AwsCloud(new CloudConnection { Region = "eu-central-1", EndpointUrl = new Uri($"http://127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}"), Credentials = new("AKIDEXAMPLE", "secret", null) }, TimeProvider.System);
        var error = await Assert.ThrowsAsync<RunctlException>(() => cloud.Objects.ReadAsync("bucket", "runs/r/run.json", Token));
        Assert.Equal(("RecordDamaged", ErrorKind.InvalidData), (error.Id, error.Kind));
        Assert.Contains("s3://bucket/runs/r/run.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("5368709120 bytes", error.Message, StringComparison.Ordinal);
        await over.CancelAsync();
        // Its content was never sent: it was not waited for.
        Assert.Equal(1, await answering);
    }

    private static async Task<int> AnswerAsync(TcpListener server, CancellationToken over)
    {
        var asked = 0;
        try
        {
            while (true)
            {
                using var client = await server.AcceptTcpClientAsync(over);
                asked++;
                await client.GetStream().ReadAtLeastAsync(new byte[1 << 16], 1, cancellationToken: over);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\nETag: \"x\"\r\n\r\n{"), over);
                await client.GetStream().ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, over);
            }
        }
        catch (OperationCanceledException)
        {
            return asked;
        }
    }
}
