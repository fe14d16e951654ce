using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Runctl.Sandbox.Tests.Http;

/// <summary>A client that sends exactly the bytes it is told to.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();

    private RawConnection()
    {
    }

    // TcpClient gives no stream any more once the sending side is shut down.
    private NetworkStream Stream { get; set; } = null!;

    public static async Task<RawConnection> OpenAsync(Uri endpoint)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(endpoint.Host, endpoint.Port, Token);
        connection._client.NoDelay = true;
        connection.Stream = connection._client.GetStream();
        return connection;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task SendAsync(string text) => await Stream.WriteAsync(Encoding.Latin1.GetBytes(text), Token);

    public async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes, Token);

    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    public void Reset() => _client.Client.Close(timeout: 0);

    /// <summary>Reads an answer, body included; that to a HEAD has none.</summary>
    public async Task<(int Status, string Head, string Body)> ReadAsync(bool withBody = true)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await ReadBytesAsync(1))[0]);
        }

        var text = head.ToString();
        var length = text.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = withBody && length is not null
            ? await ReadBytesAsync(int.Parse(length.Split(':')[1], CultureInfo.InvariantCulture))
            : [];
        return (int.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture), text, Encoding.UTF8.GetString(body));
    }

    /// <summary>Whether the server has closed in good order.</summary>
    public async Task<bool> IsClosedAsync() => await Stream.ReadAsync(new byte[1], Token) == 0;

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes, Token);
        return bytes;
    }
}
