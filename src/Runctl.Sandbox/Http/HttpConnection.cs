using System.Net.Sockets;
using System.Text;

namespace Runctl.Sandbox.Http;

/// <summary>One client's connection: request after request until either side closes it.</summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly BufferedInput _input;

    public HttpConnection(Socket socket)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _input = new BufferedInput(_stream);
    }

    /// <summary>Serves requests until the connection ends; a client that goes away is not an error.</summary>
    public async Task RunAsync(Func<HttpExchange, CancellationToken, Task> handler, CancellationToken ct)
    {
        try
        {
            while (await ServeOneAsync(handler, ct).ConfigureAwait(false))
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client left or the server stops. There is nobody to tell; a reset keeps it from looking like a whole answer.
            Abort();
        }
    }

    /// <summary>Breaks the connection with a reset: the client sees an error, never a short answer.</summary>
    public void Abort() => _socket.Close(timeout: 0);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private async Task<bool> ServeOneAsync(Func<HttpExchange, CancellationToken, Task> handler, CancellationToken ct)
    {
        HttpRequest? request;
        try
        {
            request = await HttpRequestParser.ReadAsync(_input, _stream, ct).ConfigureAwait(false);
        }
        catch (HttpFormatException e)
        {
            var refusal = new HttpExchange(this, _stream, HttpRequest.Malformed);
            await RefuseAsync(refusal, e.Status, e.Message, ct).ConfigureAwait(false);
            await LingerAsync(ct).ConfigureAwait(false);
            return false;
        }

        if (request is null)
        {
            return false;
        }

        var exchange = new HttpExchange(this, _stream, request);
        await HandleAsync(handler, exchange, ct).ConfigureAwait(false);
        if (!exchange.KeepAlive)
        {
            await LingerAsync(ct).ConfigureAwait(false);
            return false;
        }

        await request.Body.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
        return true;
    }

    private static async Task HandleAsync(
        Func<HttpExchange, CancellationToken, Task> handler, HttpExchange exchange, CancellationToken ct)
    {
        try
        {
            await handler(exchange, ct).ConfigureAwait(false);
        }
        catch (HttpFormatException e) when (!exchange.Started)
        {
            await RefuseAsync(exchange, e.Status, e.Message, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (!exchange.Started && !ct.IsCancellationRequested)
        {
            // A defect of ours, or a disk that failed; where the client is gone this answer reaches nobody.
            await RefuseAsync(exchange, 500, e.ToString(), ct).ConfigureAwait(false);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            throw new IOException("The answer broke off after its head was sent.", e);
        }

        if (!exchange.Started)
        {
            await RefuseAsync(exchange, 500, "The request was not answered.", ct).ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpExchange exchange, int status, string reason, CancellationToken ct)
    {
        exchange.KeepAlive = false;
        var headers = new HttpHeaders { { "Content-Type", "text/plain; charset=utf-8" } };
        return exchange.RespondAsync(status, headers, Encoding.UTF8.GetBytes(reason + "\n"), ct);
    }

    /// <summary>Ends the answer, then reads what the client still sends: closing earlier would reset the answer away.</summary>
    private async Task LingerAsync(CancellationToken ct)
    {
        _socket.Shutdown(SocketShutdown.Send);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(LingerTime);
        await _stream.CopyToAsync(Stream.Null, limit.Token).ConfigureAwait(false);
    }
}
