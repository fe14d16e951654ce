using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Takes what is posted to it.</summary>
internal sealed class Webhook : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<JsonElement> _posts = new();

    public Webhook()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>What nobody but the webhook and its owner may know.</summary>
    public string Token { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Its address.</summary>
    public string Url => $"http://{_listener.LocalEndpoint}/services/{Token}";

    /// <summary>What was posted so far.</summary>
    public IReadOnlyList<JsonElement> Posts => [.. _posts];

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await TakeAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task TakeAsync(NetworkStream stream)
    {
        var buffer = new byte[65536];
        var text = "";
        while (!IsWhole(text))
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return;
            }

            text += Encoding.UTF8.GetString(buffer, 0, read);
        }

        Assert.StartsWith($"POST /services/{Token} HTTP/1.1", text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        _posts.Enqueue(document.RootElement.Clone());
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray());
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var length = text.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        return end >= 0 && length is not null && Encoding.UTF8.GetByteCount(text[(end + 4)..]) >= int.Parse(length["Content-Length: ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
