using System.Diagnostics;
using System.Text;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Tests.Http;

public sealed class HttpServerTests : IAsyncDisposable
{
    private readonly HttpServer _server = HttpServer.Start(EchoAsync);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task One_connection_serves_many_requests()
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\nTrailer: t\r\n\r\n");

        Assert.Equal("POST /a abc", (await client.ReadAsync()).Body);
        Assert.Equal("POST /b def", (await client.ReadAsync()).Body);
    }

    [Fact]
    public async Task A_body_nobody_read_is_not_taken_for_the_next_request()
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 23\r\n\r\nGET /smuggled HTTP/1.1\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal("ignored", (await client.ReadAsync()).Body);
        Assert.Equal("GET /b ", (await client.ReadAsync()).Body);
    }

    [Fact]
    public async Task The_answer_to_HEAD_has_the_length_and_no_body()
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n");

        var head = await client.ReadAsync(withBody: false);

        Assert.Contains("Content-Length: 8\r\n", head.Head, StringComparison.Ordinal);
        Assert.Equal("GET /y ", (await client.ReadAsync()).Body);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    public async Task A_malformed_request_is_refused_and_the_connection_closed(string request, int status)
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync(request);

        var answer = await client.ReadAsync();

        Assert.Equal(status, answer.Status);
        Assert.Contains("Connection: close", answer.Head, StringComparison.Ordinal);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task An_endless_header_is_refused()
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('x', 40_000));

        Assert.Equal(431, (await client.ReadAsync()).Status);
    }

    [Fact]
    public async Task Leave_to_send_comes_when_the_body_is_read()
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync("PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");

        Assert.Equal(100, (await client.ReadAsync()).Status);
        await client.SendAsync("ok");
        Assert.Equal("PUT /x ok", (await client.ReadAsync()).Body);
    }

    [Fact]
    public async Task A_request_refused_at_its_head_is_answered_without_its_body()
    {
        using var client = await RawConnection.OpenAsync(_server.Endpoint);
        await client.SendAsync("PUT /ignore HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");

        var answer = await client.ReadAsync();

        Assert.Equal(200, answer.Status);
        Assert.Contains("Connection: close", answer.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expecting_100_continue_delays_nothing()
    {
        using var client = new HttpClient { BaseAddress = _server.Endpoint };
        client.DefaultRequestHeaders.ExpectContinue = true;
        await client.PutAsync("/warm", new StringContent("x"), Token);
        var watch = Stopwatch.StartNew();

        for (var i = 0; i < 10; i++)
        {
            await client.PutAsync("/x", new StringContent("x"), Token);
        }

        // HttpClient waits a second for each 100 Continue that does not come.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"Ten requests took {watch.Elapsed}.");
    }

    [Theory]
    [InlineData("/abort")]
    [InlineData("/abort-in-body")]
    [InlineData("/short")]
    public async Task A_broken_answer_is_an_error_to_the_client_and_never_a_short_success(string path)
    {
        using var client = new HttpClient { BaseAddress = _server.Endpoint };

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetByteArrayAsync(path, Token));
    }

    [Fact]
    public async Task A_defect_in_the_handler_is_a_500()
    {
        using var client = new HttpClient { BaseAddress = _server.Endpoint };

        var answer = await client.GetAsync("/defect", Token);

        Assert.Equal(500, (int)answer.StatusCode);
        Assert.Contains("defective", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_in_its_body_is_noticed()
    {
        var noticed = new TaskCompletionSource<Exception?>();
        await using var server = HttpServer.Start(async (exchange, ct) =>
            noticed.SetResult(await Record.ExceptionAsync(() => exchange.Request.Body.CopyToAsync(Stream.Null, ct))));
        using var client = await RawConnection.OpenAsync(server.Endpoint);
        await client.SendAsync("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
        client.EndSending();

        Assert.IsType<EndOfStreamException>(await noticed.Task.WaitAsync(TimeSpan.FromSeconds(180), Token));
    }

    [Fact]
    public async Task Disposing_ends_connections_that_are_idle_or_in_a_request()
    {
        var entered = new TaskCompletionSource();
        var server = HttpServer.Start(async (_, ct) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
        });
        using var idle = await RawConnection.OpenAsync(server.Endpoint);
        using var client = new HttpClient { BaseAddress = server.Endpoint };
        var pending = client.GetAsync("/x", Token);
        await entered.Task.WaitAsync(Token);
        var watch = Stopwatch.StartNew();

        await server.DisposeAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => pending);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"Disposing took {watch.Elapsed}.");
    }

    private static async Task EchoAsync(HttpExchange exchange, CancellationToken ct)
    {
        switch (exchange.Request.RawPath)
        {
            case "/ignore":
                await exchange.RespondAsync(200, null, "ignored"u8.ToArray(), ct);
                return;
            case "/abort":
                exchange.Abort();
                return;
            case "/abort-in-body":
                await exchange.RespondAsync(200, null, 1000, async (body, token) =>
                {
                    await body.WriteAsync(new byte[500], token);
                    exchange.Abort();
                }, ct);
                return;
            case "/short":
                await exchange.RespondAsync(200, null, 1000, new MemoryStream(new byte[10]), ct);
                return;
            case "/defect":
                throw new InvalidOperationException("defective");
        }

        using var reader = new StreamReader(exchange.Request.Body, Encoding.Latin1);
        var text = $"{exchange.Request.Method} {exchange.Request.RawPath} {await reader.ReadToEndAsync(ct)}";
        await exchange.RespondAsync(200, null, Encoding.Latin1.GetBytes(text), ct);
    }
}
