using System.Globalization;
using System.Net;
using System.Text;
using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox.Http;

/// <summary>A request and its one answer.</summary>
internal sealed class HttpExchange(HttpConnection connection, Stream output, HttpRequest request)
{
    /// <summary>A body that was not asked for is read away up to this many bytes; beyond, closing is cheaper.</summary>
    private const long DrainLimit = 256 * 1024;

    private bool? _keepAlive;

    /// <summary>What the client asked.</summary>
    public HttpRequest Request { get; } = request;

    /// <summary>Whether the answer's head has been sent.</summary>
    public bool Started { get; private set; }

    /// <summary>Whether the connection goes on after this exchange; false may be set before the answer.</summary>
    public bool KeepAlive
    {
        get => _keepAlive ?? (Request.KeepAlive && !Request.Body.Held
            && (Request.Body.Complete || Request.Body.Remaining <= DrainLimit));
        set => _keepAlive = value;
    }

    /// <summary>Puts another answer in the place of the one that is given; null is none at all, and one may still follow.</summary>
    public Func<HttpAnswer, HttpAnswer?>? Filter { get; set; }

    /// <summary>What paces the bodies of answers, or null.</summary>
    public Link? Link { get; set; }

    /// <summary>What the client takes for the present time is off by this much.</summary>
    public TimeSpan DateShift { get; set; }

    /// <summary>Breaks the connection with a reset, in the middle of an answer as well as instead of one.</summary>
    public void Abort()
    {
        Started = true;
        connection.Abort();
    }

    /// <summary>Answers with a body at hand.</summary>
    public async Task RespondAsync(int status, HttpHeaders? headers, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        if (Filter is not null || Link is not null)
        {
            await SendAsync(
                new HttpAnswer(status, headers ?? [], body.Length, (target, token) => target.WriteAsync(body, token).AsTask()), ct)
                .ConfigureAwait(false);
            return;
        }

        var head = Head(status, headers, body.Length);
        var whole = new byte[head.Length + (HasBody(status) ? body.Length : 0)];
        head.CopyTo(whole, 0);
        if (HasBody(status))
        {
            body.CopyTo(whole.AsMemory(head.Length));
        }

        // One write: head and body in separate packets would wait for each other's acknowledgement.
        await output.WriteAsync(whole, ct).ConfigureAwait(false);
    }

    /// <summary>Answers with <paramref name="length"/> bytes that <paramref name="write"/> produces.</summary>
    public Task RespondAsync(
        int status, HttpHeaders? headers, long length, Func<Stream, CancellationToken, Task> write, CancellationToken ct) =>
        SendAsync(new HttpAnswer(status, headers ?? [], length, write), ct);

    /// <summary>Answers with <paramref name="length"/> bytes read from <paramref name="body"/>.</summary>
    public Task RespondAsync(int status, HttpHeaders? headers, long length, Stream body, CancellationToken ct) =>
        RespondAsync(status, headers, length, (target, token) => body.CopyToAsync(target, token), ct);

    private async Task SendAsync(HttpAnswer given, CancellationToken ct)
    {
        if ((Filter is { } filter ? filter(given) : given) is not { } answer)
        {
            return;
        }

        await output.WriteAsync(Head(answer.Status, answer.Headers, answer.Length), ct).ConfigureAwait(false);
        if (!HasBody(answer.Status))
        {
            return;
        }

        var counted = new ResponseBody(Link is { } link ? new LinkStream(output, link) : output, answer.Length);
        await answer.Write(counted, ct).ConfigureAwait(false);
        if (counted.Remaining > 0)
        {
            throw new IOException("The answer is shorter than its declared length.");
        }
    }

    private bool HasBody(int status) => Request.Method != "HEAD" && status is not (204 or 304);

    private byte[] Head(int status, HttpHeaders? headers, long length)
    {
        if (Started)
        {
            throw new InvalidOperationException("The request is answered already.");
        }

        // Fixed now: what the client is told about the connection must hold afterwards.
        _keepAlive = KeepAlive;
        Started = true;
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Date: {DateTimeOffset.UtcNow + DateShift:R}\r\nServer: Runctl.Sandbox\r\n");
        foreach (var (name, value) in headers ?? [])
        {
            head.Append(name).Append(": ").Append(value.ReplaceLineEndings(" ")).Append("\r\n");
        }

        if (status != 204)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        }

        head.Append(KeepAlive ? "\r\n" : "Connection: close\r\n\r\n");
        return Encoding.Latin1.GetBytes(head.ToString());
    }
}
