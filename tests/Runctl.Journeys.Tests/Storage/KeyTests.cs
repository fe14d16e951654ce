using System.Text;
using Runctl.Adapters;
using Runctl.Ports;
using Runctl.Sandbox;
using Runctl.Tests.Policies;

namespace Runctl.Journeys.Tests.Storage;

/// <summary>Keys of objects, which are made of names that trainings give their files.</summary>
public sealed class KeyTests
{
    private const string Prefix = "checkpoints/runctl/runs/odd/";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_name_is_written_listed_found_and_read_under_its_own_key()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The sandbox runs on Linux.");
        await using var sandbox = await RunctlSandbox.StartAsync(new SandboxOptions { Policies = PrintedPolicies.Of() }, Token);
        using var cloud = new AdaptersRoot().Connect(new CloudConnection { Region = sandbox.Region, EndpointUrl = sandbox.Endpoint, Credentials = new CloudCredentials(sandbox.AccessKeyId, sandbox.SecretAccessKey, null) });
        string[] names = ["epoch:299-val_loss:0.ckpt", "run 2026-01-31T12:00:00.pt", "back\\slash.pt", "quote'\"<>&.pt", "new\nline.pt", "return\rtab\t.pt", "bell\u0007.pt", "größe 日本語 🚀.pt", "100%_done+final#1.pt", "a?b=c;d@e.pt", " spaces .pt", "name~!*()$,.pt"];
        foreach (var name in names)
        {
            await cloud.Objects.WriteAsync(sandbox.Bucket, Prefix + name, Encoding.UTF8.GetBytes(name), WriteCondition.Always, Token);
        }

        var listed = new List<string>();
        await foreach (var item in cloud.Objects.ListAsync(sandbox.Bucket, Prefix, Token))
        {
            listed.Add(item.Key);
        }

        Assert.Equal(names.Select(name => Prefix + name).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (var name in names)
        {
            Assert.NotNull(await cloud.Objects.FindAsync(sandbox.Bucket, Prefix + name, Token));
            Assert.Equal(name, Encoding.UTF8.GetString((await cloud.Objects.ReadAsync(sandbox.Bucket, Prefix + name, Token))!.Content.Span));
            await using var stream = (await cloud.Objects.OpenAsync(sandbox.Bucket, Prefix + name, 0, 1, Token))!;
            Assert.Equal(name[..1], Encoding.UTF8.GetString([(byte)stream.ReadByte()])[..1]);
        }
    }
}
