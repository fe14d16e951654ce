using System.ComponentModel;
using System.Diagnostics;

namespace Runctl.Sandbox.Tests.S3;

/// <summary>The AWS command line, where there is one that works.</summary>
internal sealed class AwsCli(AwsServer server, string directory)
{
    private static readonly Lazy<Task<bool>> Works = new(async () =>
    {
        try
        {
            return (await RunAsync(Path.GetTempPath(), new Dictionary<string, string>(), ["--version"])).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    /// <summary>Skips the test, with a notice, where there is none.</summary>
    public static async Task RequireAsync() =>
        Assert.SkipUnless(await Works.Value, "The aws command line is not installed here.");

    /// <summary>Runs a command that must succeed and gives its output.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["AWS_ACCESS_KEY_ID"] = server.Key.AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = server.Key.SecretKey,
            ["AWS_DEFAULT_REGION"] = "us-east-1",
            ["AWS_CONFIG_FILE"] = Path.Combine(directory, "config"),
            ["AWS_SHARED_CREDENTIALS_FILE"] = Path.Combine(directory, "none"),
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_PAGER"] = "",
        };
        // Older ones know no AWS_ENDPOINT_URL.
        var endpoint = server.Endpoint.ToString();
        var (exitCode, output, error) = await RunAsync(directory, environment, ["--endpoint-url", endpoint, .. arguments]);
        Assert.True(exitCode == 0, $"aws {string.Join(' ', arguments)} ended with {exitCode}: {error}");
        return output;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string directory, Dictionary<string, string> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("aws", arguments)
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
