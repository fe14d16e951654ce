using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Runctl.Sandbox.Http;

/// <summary>
/// HTTP/1.1 on a loopback port the system chooses. HttpListener turns an aborted connection into an empty 200 on Linux
/// and Kestrel is not part of every PowerShell, hence a server of our own.
/// </summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFailedAccept = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<HttpConnection, Task> _connections = new();
    private readonly Func<HttpExchange, CancellationToken, Task> _handler;
    private readonly Task _accepting;
    private int _disposed;

    private HttpServer(Func<HttpExchange, CancellationToken, Task> handler)
    {
        _handler = handler;
        _listener.Start(backlog: 512);
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Endpoint = new UriBuilder(Uri.UriSchemeHttp, IPAddress.Loopback.ToString(), port).Uri;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where the server listens, e.g. <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri Endpoint { get; }

    /// <summary>Starts a server that gives every request to <paramref name="handler"/>; its token ends with the server.</summary>
    public static HttpServer Start(Func<HttpExchange, CancellationToken, Task> handler) => new(handler);

    /// <summary>Closes the port and every connection at once; requests under way see their connection break.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        foreach (var connection in _connections.Keys)
        {
            connection.Abort();
        }

        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token).ConfigureAwait(false);
                Serve(new HttpConnection(socket));
            }
            catch (Exception e) when (_stopping.IsCancellationRequested && e is (OperationCanceledException or SocketException or ObjectDisposedException))
            {
                // The listener was stopped; which of these an accept under way sees of it is a matter of timing.
                return;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted, or descriptors ran out for a moment: the next one may do better.
                await Task.Delay(PauseAfterFailedAccept).ConfigureAwait(false);
            }
        }
    }

    private void Serve(HttpConnection connection)
    {
        // The entry is there before the work begins, so that the work can always remove it.
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = ServeAsync(begin.Task, connection);
        begin.SetResult();
    }

    private async Task ServeAsync(Task begin, HttpConnection connection)
    {
        await begin.ConfigureAwait(false);
        using (connection)
        {
            await connection.RunAsync(_handler, _stopping.Token).ConfigureAwait(false);
        }

        _connections.TryRemove(connection, out _);
    }
}
