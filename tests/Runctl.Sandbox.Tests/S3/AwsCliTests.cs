using System.Security.Cryptography;

namespace Runctl.Sandbox.Tests.S3;

public sealed class AwsCliTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("runctl-cli-").FullName;
    private readonly AwsCli _aws;

    public AwsCliTests() => _aws = new AwsCli(_server, _directory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Files_go_up_and_come_down_large_ones_in_parts()
    {
        await AwsCli.RequireAsync();
        var content = RandomNumberGenerator.GetBytes(20 * 1024 * 1024);
        await File.WriteAllBytesAsync(Path.Combine(_directory, "big"), content, Token);

        await _aws.RunAsync("s3", "cp", "--no-progress", "big", "s3://runs/dir/big ü");
        await _aws.RunAsync("s3", "cp", "--no-progress", "s3://runs/dir/big ü", "back");
        var listed = await _aws.RunAsync("s3", "ls", "--recursive", "s3://runs/");
        var head = await _aws.RunAsync("s3api", "head-object", "--bucket", "runs", "--key", "dir/big ü", "--query", "ETag");

        var back = await File.ReadAllBytesAsync(Path.Combine(_directory, "back"), Token);
        Assert.True(content.AsSpan().SequenceEqual(back));
        Assert.Contains("20971520 dir/big ü", listed, StringComparison.Ordinal);
        Assert.Contains("-3", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directories_are_synchronised_moved_and_removed()
    {
        await AwsCli.RequireAsync();
        Directory.CreateDirectory(Path.Combine(_directory, "tree/below"));
        await File.WriteAllTextAsync(Path.Combine(_directory, "tree/a&b"), "one", Token);
        await File.WriteAllTextAsync(Path.Combine(_directory, "tree/below/c d"), "two", Token);

        await _aws.RunAsync("s3", "mb", "s3://second");
        await _aws.RunAsync("s3", "sync", "--no-progress", "tree", "s3://second/tree");
        await _aws.RunAsync("s3", "mv", "--no-progress", "s3://second/tree/a&b", "s3://second/moved");
        await _aws.RunAsync("s3", "sync", "--no-progress", "s3://second", "copy");
        await _aws.RunAsync("s3", "rb", "--force", "s3://second");

        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(_directory, "copy/moved"), Token));
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(_directory, "copy/tree/below/c d"), Token));
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task The_caller_is_known_and_a_presigned_URL_works()
    {
        await AwsCli.RequireAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory, "f"), "text", Token);
        await _aws.RunAsync("s3", "cp", "--no-progress", "f", "s3://runs/f");

        var arn = await _aws.RunAsync("sts", "get-caller-identity", "--query", "Arn", "--output", "text");
        // Without this it signs URLs for us-east-1 as before 2014, which no new bucket takes.
        await File.WriteAllTextAsync(Path.Combine(_directory, "config"), "[default]\ns3 =\n  signature_version = s3v4\n", Token);
        var url = await _aws.RunAsync("s3", "presign", "s3://runs/f");

        Assert.Equal(AwsServer.Principal.Arn, arn.Trim());
        using var http = new HttpClient();
        var answer = await http.GetAsync(new Uri(url.Trim()), Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }
}
