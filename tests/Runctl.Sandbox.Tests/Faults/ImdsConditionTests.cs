using System.Net;
using Runctl.Sandbox.Tests.Imds;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>A metadata service that does not do what it should.</summary>
public sealed class ImdsConditionTests : IAsyncLifetime
{
    private const string Path = "/latest/meta-data/instance-id";
    private const string Action = "/latest/meta-data/spot/instance-action";

    private FaultySandbox _sandbox = null!;
    private string _id = "";
    private MetadataClient _metadata = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await FaultySandbox.StartAsync();
        _id = await _sandbox.LaunchAsync();
        _metadata = await _sandbox.MetadataAsync(_id);
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Theory]
    [InlineData(SandboxImdsMode.Unauthorized, 401)]
    [InlineData(SandboxImdsMode.Forbidden, 403)]
    [InlineData(SandboxImdsMode.ServerError, 500)]
    public async Task It_refuses_everything_until_it_is_well_again(SandboxImdsMode mode, int status)
    {
        var token = await _metadata.TokenAsync();
        Become(new() { Imds = mode });
        Assert.Equal((HttpStatusCode)status, (await _metadata.TokenAsync("60")).Status);
        Assert.Equal((HttpStatusCode)status, (await _metadata.GetAsync(Path, token)).Status);
        Become(new());
        Assert.Equal((HttpStatusCode.OK, _id), await _metadata.GetAsync(Path, token));
    }

    [Fact]
    public async Task It_is_silent()
    {
        Become(new() { Imds = SandboxImdsMode.Silent });
        var asked = _metadata.TokenAsync("60");
        await Task.Delay(300, FaultySandbox.Ct);
        Assert.False(asked.IsCompleted);
    }

    [Fact]
    public async Task It_is_slow_and_right()
    {
        var token = await _metadata.TokenAsync();
        Become(new() { Imds = SandboxImdsMode.Slow, ImdsDelay = TimeSpan.FromMilliseconds(300) });
        var before = TimeProvider.System.GetTimestamp();
        Assert.Equal((HttpStatusCode.OK, _id), await _metadata.GetAsync(Path, token));
        Assert.True(TimeProvider.System.GetElapsedTime(before) >= TimeSpan.FromMilliseconds(290));
    }

    [Fact]
    public async Task A_rule_strikes_one_path_of_one_instance()
    {
        var token = await _metadata.TokenAsync();
        var other = await _sandbox.MetadataAsync(await _sandbox.LaunchAsync());
        _sandbox.Sandbox.Faults.Add(new()
        {
            Operation = "imds:*instance-action", Kind = SandboxFaultKind.ServerError, Status = 503, InstanceId = _id,
        });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _metadata.GetAsync(Action, token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _metadata.GetAsync(Path, token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync(Action, await other.TokenAsync())).Status);
    }

    [Fact]
    public async Task A_wrong_answer_in_place_of_a_404_is_somebody_elses_page()
    {
        var token = await _metadata.TokenAsync();
        _sandbox.Add("imds:meta-data/spot/instance-action", SandboxFaultKind.WrongAnswer);
        var (status, text) = await _metadata.GetAsync(Action, token);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith("<html>", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_answer_can_be_given_word_by_word()
    {
        var token = await _metadata.TokenAsync();
        _sandbox.Sandbox.Faults.Add(new()
        {
            Operation = "imds:*instance-action", Kind = SandboxFaultKind.WrongAnswer, Message = """{"action":"dance"}""",
        });
        Assert.Equal((HttpStatusCode.OK, """{"action":"dance"}"""), await _metadata.GetAsync(Action, token));
    }

    private void Become(SandboxConditions conditions) => _sandbox.Sandbox.SetConditions(_id, conditions);
}
