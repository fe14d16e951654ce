using System.Globalization;
using System.Text;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Imds;

/// <summary>The metadata service of one instance, on a port of its own. Closes when the instance dies.</summary>
internal sealed class ImdsServer : IAsyncDisposable
{
    private const string Root = "/latest/";
    private const string TokenPath = Root + "api/token";
    private const string TokenHeader = "X-aws-ec2-metadata-token";
    private const string LifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";

    private readonly InstanceRecord _record;
    private readonly ImdsTokens _tokens;
    private readonly ImdsPages _pages;
    private readonly ImdsContext _context;
    private readonly InstanceConditions _conditions;
    private readonly HttpServer _server;

    private ImdsServer(InstanceRecord record, ImdsContext context)
    {
        _record = record;
        _context = context;
        _conditions = context.Conditions.Of(record.InstanceId);
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

    private async Task HandleAsync(HttpExchange exchange, CancellationToken ct)
    {
        var conditions = _conditions.Current;
        exchange.DateShift = -conditions.ClockOffset;
        if (conditions.Imds is SandboxImdsMode.Silent or SandboxImdsMode.Slow)
        {
            var silence = conditions.Imds == SandboxImdsMode.Slow ? conditions.ImdsDelay : Timeout.InfiniteTimeSpan;
            await Task.Delay(silence, _context.Clock, ct).ConfigureAwait(false);
        }

        var path = exchange.Request.RawPath;
        var call = new ServiceCall("imds", path.StartsWith(Root, StringComparison.Ordinal) ? path[Root.Length..] : path)
        {
            CallerId = _record.InstanceId,
        };
        await _context.Gate.HandleAsync(exchange, call, () => AnswerAsync(exchange, conditions.Imds, ct), ct).ConfigureAwait(false);
    }

    private Task AnswerAsync(HttpExchange exchange, SandboxImdsMode mode, CancellationToken ct)
    {
        switch (mode)
        {
            case SandboxImdsMode.Unauthorized:
                return RespondAsync(exchange, 401, "Unauthorized", ct);
            case SandboxImdsMode.Forbidden:
                return RespondAsync(exchange, 403, "Forbidden", ct);
            case SandboxImdsMode.ServerError:
                return RespondAsync(exchange, 500, "Internal Server Error", ct);
        }

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
