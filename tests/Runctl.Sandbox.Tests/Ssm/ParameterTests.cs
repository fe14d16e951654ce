using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace Runctl.Sandbox.Tests.Ssm;

public sealed class ParameterTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secure_parameter_is_readable_only_decrypted_and_a_new_version_only_where_asked_for()
    {
        await using var running = await RunningSandbox.StartAsync();
        var ssm = running.Ssm;
        var put = new PutParameterRequest { Name = "/team/key", Value = "open sesame", Type = ParameterType.SecureString };
        Assert.Equal(1, (await ssm.PutParameterAsync(put, Ct)).Version);
        await Assert.ThrowsAsync<ParameterAlreadyExistsException>(() => ssm.PutParameterAsync(put, Ct));

        var sealedValue = (await ssm.GetParameterAsync(new GetParameterRequest { Name = "/team/key" }, Ct)).Parameter;
        Assert.Equal(ParameterType.SecureString, sealedValue.Type);
        Assert.DoesNotContain("sesame", sealedValue.Value, StringComparison.Ordinal);
        Assert.Equal("open sesame", await ReadAsync(sealedValue.ARN));

        put.Overwrite = true;
        put.Value = "other";
        Assert.Equal(2, (await ssm.PutParameterAsync(put, Ct)).Version);
        Assert.Equal("other", await ReadAsync("/team/key"));
        await Assert.ThrowsAsync<ParameterNotFoundException>(() => ReadAsync("/team/nothing"));

        var several = await ssm.GetParametersAsync(new GetParametersRequest { Names = ["/team/key", "/team/nothing"], WithDecryption = true }, Ct);
        Assert.Equal(("other", "/team/nothing"), (Assert.Single(several.Parameters).Value, Assert.Single(several.InvalidParameters)));

        async Task<string> ReadAsync(string name) => (await ssm.GetParameterAsync(new GetParameterRequest { Name = name, WithDecryption = true }, Ct)).Parameter.Value;
    }
}
