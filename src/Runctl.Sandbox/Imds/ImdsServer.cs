using System.Globalization;
using System.Text;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Imds;

/// <summary>The metadata service of one instance, on a port of its own. Closes when the instance dies.</summary>
internal sealed class ImdsServer : IAsyncDisposable
{
    private const string TokenPath = "/latest/api/token";
    private const string TokenHeader = "X-aws-ec2-metadata-token";
    private const string LifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";

    private readonly InstanceRecord _record;
    private readonly ImdsTokens _tokens;
    private readonly ImdsPages _pages;
    private readonly HttpServer _server;

    private ImdsServer(InstanceRecord record, ImdsContext context)
    {
        _record = record;
        _tokens = new ImdsTokens(context.Clock);
        _pages = new ImdsPages(record, context);
        _server = HttpServer.Start(HandleAsync);
    }

    /// <summary>Where it answers; stands in for http://169.254.169.254.</summary>
    public Uri Endpoint => _server.Endpoint;

    /// <summary>Starts the metadata service of an instance.</summary>
    public static ImdsServer Start(InstanceRecord record, ImdsContext context) => new(record, context);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task HandleAsync(HttpExchange exchange, CancellationToken ct)
    {
        var request = exchange.Request;
        if (!_record.Metadata.Enabled)
        {
            return RespondAsync(exchange, 403, "Forbidden", ct);
        }

        if (request.RawPath == TokenPath)
        {
            return IssueTokenAsync(exchange, ct);
        }

        if (request.Method is not ("GET" or "HEAD"))
        {
            return RespondAsync(exchange, 405, "Method Not Allowed", ct);
        }

        if (!MayRead(request.Headers[TokenHeader]))
        {
            return RespondAsync(exchange, 401, "Unauthorized", ct);
        }

        return _pages.Read(request.RawPath) is { } page
            ? RespondAsync(exchange, 200, page, ct)
            : RespondAsync(exchange, 404, "Not Found", ct);
    }

    /// <summary>A token that is given must be good even where none is required.</summary>
    private bool MayRead(string? token) => token is null ? _record.Metadata.Tokens != "required" : _tokens.Accepts(token);

    private Task IssueTokenAsync(HttpExchange exchange, CancellationToken ct)
    {
        var request = exchange.Request;
        if (request.Method != "PUT")
        {
            return RespondAsync(exchange, 405, "Method Not Allowed", ct);
        }

        // A request that came through a proxy is not the instance's own.
        if (request.Headers.Contains("X-Forwarded-For"))
        {
            return RespondAsync(exchange, 403, "Forbidden", ct);
        }

        if (!int.TryParse(request.Headers[LifetimeHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds is < 1 or > 21600)
        {
            return RespondAsync(exchange, 400, "Bad Request", ct);
        }

        var headers = new HttpHeaders { { LifetimeHeader, seconds.ToString(CultureInfo.InvariantCulture) } };
        return RespondAsync(exchange, 200, _tokens.Issue(TimeSpan.FromSeconds(seconds)), ct, headers);
    }

    private static Task RespondAsync(HttpExchange exchange, int status, string text, CancellationToken ct, HttpHeaders? headers = null)
    {
        headers ??= [];
        headers.Add("Content-Type", "text/plain");
        return exchange.RespondAsync(status, headers, Encoding.UTF8.GetBytes(text), ct);
    }
}
