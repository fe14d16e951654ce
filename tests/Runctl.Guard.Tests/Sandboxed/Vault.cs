using System.Text;
using System.Text.Json;
using Runctl.Sandbox.Tests.Signing;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Where secrets are kept in the sandbox, and where they must not be found.</summary>
internal sealed class Vault(GuardSandbox sandbox)
{
    private readonly JsonCaller _caller = new(sandbox.Sandbox.Endpoint, sandbox.Sandbox.AdministratorAccessKeyId, sandbox.Sandbox.AdministratorSecretAccessKey);

    /// <summary>Keeps a value in Parameter Store; its reference.</summary>
    public async Task<string> ParameterAsync(string value)
    {
        var name = $"/test/{Guid.NewGuid():N}";
        Assert.Equal(200, (await _caller.CallAsync("ssm", "AmazonSSM.PutParameter", new { Name = name, Value = value, Type = "SecureString" })).Status);
        sandbox.Allow("ssm:" + name);
        return "ssm:" + name;
    }

    /// <summary>Keeps a value in Secrets Manager; its reference.</summary>
    public async Task<string> SecretAsync(string value, bool isAllowed = true)
    {
        var (status, body) = await _caller.CallAsync("secretsmanager", "secretsmanager.CreateSecret", new { Name = Guid.NewGuid().ToString("N"), SecretString = value });
        Assert.Equal(200, status);
        var reference = "secretsmanager:" + body.GetProperty("ARN").GetString();
        if (isAllowed)
        {
            sandbox.Allow(reference);
        }

        return reference;
    }

    /// <summary>The value is in no file of the instance, in no object of the bucket, and in no command or its output.</summary>
    public async Task AssertKeptAsync(GuardedRun run, params string[] values)
    {
        var seen = new Dictionary<string, string>();
        foreach (var file in new DirectoryInfo(run.Root).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            seen[file.FullName] = Encoding.Latin1.GetString(await ReadAsync(file.FullName));
        }

        var token = TestContext.Current.CancellationToken;
        await foreach (var entry in sandbox.Administrator.Objects.ListAsync(sandbox.Sandbox.Bucket, "", token))
        {
            seen[entry.Key] = Encoding.Latin1.GetString((await sandbox.Administrator.Objects.ReadAsync(sandbox.Sandbox.Bucket, entry.Key, token))?.Content.ToArray() ?? []);
        }

        foreach (var operation in new[] { "ListCommands", "ListCommandInvocations" })
        {
            var answer = (await _caller.CallAsync("ssm", "AmazonSSM." + operation, new { run.InstanceId, Details = true })).Body.GetRawText();
            seen[operation] = answer + Decoded(answer);
        }

        Assert.Contains(seen.Keys, name => name.EndsWith("spec.json", StringComparison.Ordinal));
        Assert.All(values, value => Assert.DoesNotContain(seen, pair => pair.Value.Contains(value, StringComparison.Ordinal)));
    }

    /// <summary>What the commands hold as base64.</summary>
    private static string Decoded(string answer) => string.Join('\n', System.Text.RegularExpressions.Regex.Matches(answer, "@([A-Za-z0-9+/=]{8,})")
        .Select(match => Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups[1].Value))));

    private static async Task<byte[]> ReadAsync(string path)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // Gone, or a pipe without a writer.
            return [];
        }
    }
}
