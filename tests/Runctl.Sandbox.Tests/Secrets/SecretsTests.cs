using Runctl.Sandbox.Tests.Signing;
using Runctl.Sandbox.Tests.Ssm;

namespace Runctl.Sandbox.Tests.Secrets;

public sealed class SecretsTests
{
    [Fact]
    public async Task A_secret_is_read_by_name_or_arn_and_kept_apart_from_others()
    {
        await using var running = await RunningSandbox.StartAsync();
        var caller = new JsonCaller(running.Sandbox.Endpoint, running.Sandbox.AccessKeyId, running.Sandbox.SecretAccessKey);
        Task<(int Status, System.Text.Json.JsonElement Body)> CallAsync(string operation, object input) => caller.CallAsync("secretsmanager", "secretsmanager." + operation, input);

        var created = await CallAsync("CreateSecret", new { Name = "key", SecretString = "open sesame" });
        var arn = created.Body.GetProperty("ARN").GetString()!;
        Assert.Matches(@"^arn:aws:secretsmanager:us-east-1:\d{12}:secret:key-[A-Za-z0-9]{6}$", arn);
        foreach (var id in new[] { "key", arn, arn[..^7] })
        {
            var read = await CallAsync("GetSecretValue", new { SecretId = id });
            Assert.Equal((200, "open sesame", "key"), (read.Status, read.Body.GetProperty("SecretString").GetString(), read.Body.GetProperty("Name").GetString()));
        }

        await CallAsync("CreateSecret", new { Name = "bytes", SecretBinary = "AAEC" });
        Assert.False((await CallAsync("GetSecretValue", new { SecretId = "bytes" })).Body.TryGetProperty("SecretString", out _));
        var again = await CallAsync("CreateSecret", new { Name = "key", SecretString = "other" });
        Assert.Equal((400, "ResourceExistsException"), (again.Status, again.Body.GetProperty("__type").GetString()));
        var missing = await CallAsync("GetSecretValue", new { SecretId = "nothing" });
        Assert.Equal((400, "ResourceNotFoundException"), (missing.Status, missing.Body.GetProperty("__type").GetString()));

        running.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "secretsmanager:GetSecretValue", Kind = SandboxFaultKind.ClientError });
        var refused = await CallAsync("GetSecretValue", new { SecretId = "key" });
        Assert.Equal((400, "AccessDeniedException"), (refused.Status, refused.Body.GetProperty("__type").GetString()));
    }
}
