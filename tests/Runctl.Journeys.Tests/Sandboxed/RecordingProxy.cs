using System.Net;
using System.Net.Sockets;
using System.Web;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>Passes requests on to the sandbox, as they were signed, and keeps what EC2 was asked for.</summary>
internal sealed class RecordingProxy : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private readonly List<Dictionary<string, string>> _asked = [];
    private readonly Uri _target;

    public RecordingProxy(Uri target)
    {
        _target = target;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}");
        }

        _listener.Prefixes.Add(Endpoint + "");
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public Uri Endpoint { get; }

    /// <summary>The parameters of the EC2 requests of an action, in order.</summary>
    public IReadOnlyList<Dictionary<string, string>> Asked(string action)
    {
        lock (_asked)
        {
            return [.. _asked.Where(request => request["Action"] == action)];
        }
    }

    public void Dispose()
    {
        _listener.Close();
        _client.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => PassOnAsync(context));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassOnAsync(HttpListenerContext context)
    {
        var (from, to) = (context.Request, context.Response);
        try
        {
            using var body = new MemoryStream();
            await from.InputStream.CopyToAsync(body);
            Keep(from, body.ToArray());
            using var request = new HttpRequestMessage(new HttpMethod(from.HttpMethod), new Uri(_target, from.RawUrl));
            request.Content = body.Length > 0 || from.HttpMethod is "PUT" or "POST" ? new ByteArrayContent(body.ToArray()) : null;
            foreach (var name in from.Headers.AllKeys.OfType<string>().Where(name => name is not ("Content-Length" or "Connection" or "Expect")))
            {
                // Host is signed, and names this proxy.
                if (!request.Headers.TryAddWithoutValidation(name, from.Headers[name]))
                {
                    request.Content?.Headers.TryAddWithoutValidation(name, from.Headers[name]);
                }
            }

            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            to.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key is not ("Transfer-Encoding" or "Content-Length" or "Connection" or "Keep-Alive")))
            {
                to.Headers[name] = string.Join(", ", values);
            }

            if (answer.Content.Headers.ContentLength is { } length)
            {
                to.ContentLength64 = length;
            }

            if (from.HttpMethod != "HEAD")
            {
                await answer.Content.CopyToAsync(to.OutputStream);
            }

            to.Close();
        }
        catch (Exception e) when (e is HttpRequestException or HttpListenerException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            to.Abort();
        }
    }

    private void Keep(HttpListenerRequest request, byte[] body)
    {
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) != true)
        {
            return;
        }

        var form = HttpUtility.ParseQueryString(System.Text.Encoding.UTF8.GetString(body));
        if (form["Action"] is not null)
        {
            lock (_asked)
            {
                _asked.Add(form.AllKeys.OfType<string>().ToDictionary(name => name, name => form[name]!));
            }
        }
    }
}
