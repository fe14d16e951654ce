using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Runctl.Package.Tests.Support;

/// <summary>An endpoint that answers one request: EC2 has no such instance. Later requests get no answer.</summary>
internal sealed class OneAnswerServer : IDisposable
{
    private const string NoInstances =
        """<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId><reservationSet/></DescribeInstancesResponse>""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _answer;

    public OneAnswerServer()
    {
        _listener.Start();
        _answer = AnswerAsync();
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public void Dispose()
    {
        _listener.Dispose();
        _ = _answer.Exception;
    }

    private async Task AnswerAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        await ReadRequestAsync(stream);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {NoInstances.Length}\r\nConnection: close\r\n\r\n{NoInstances}"));
    }

    private static async Task ReadRequestAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[8192];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            var head = text.ToString().IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && text.Length >= head + 4 + Length(text.ToString(0, head)))
            {
                return;
            }
        }
    }

    private static int Length(string head) => head.Split("\r\n").Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
        .Select(line => int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();
}
