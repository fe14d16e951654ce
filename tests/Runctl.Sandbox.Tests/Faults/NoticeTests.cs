using System.Net;
using System.Text.Json;
using Runctl.Sandbox.Tests.Imds;
using Runctl.Sandbox.Tests.Ssm;
using static Runctl.Sandbox.Tests.Faults.FaultySandbox;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>Notices that come late, not at all, after a recommendation, or are not true.</summary>
public sealed class NoticeTests : IAsyncLifetime
{
    private const string Action = "/latest/meta-data/spot/instance-action";
    private const string Recommendation = "/latest/meta-data/events/recommendations/rebalance";

    private FaultySandbox _sandbox = null!;
    private string _id = "";
    private MetadataClient _metadata = null!;
    private string _token = "";

    public async ValueTask InitializeAsync()
    {
        _sandbox = await FaultySandbox.StartAsync();
        _id = await _sandbox.LaunchAsync();
        _metadata = await _sandbox.MetadataAsync(_id);
        _token = await _metadata.TokenAsync(600);
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task A_late_notice_names_the_time_that_it_would_have_named()
    {
        Become(new() { Notice = SandboxNoticeMode.Late, NoticeDelay = TimeSpan.FromSeconds(4) });
        var taken = await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromMinutes(2));
        Assert.Null(await NoticeAsync());
        await Eventually.TrueAsync(async () => await NoticeAsync() is not null);
        Assert.Equal(taken.ToUnixTimeSeconds(), (await NoticeAsync())!.Value.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Without_notice_the_instance_is_taken_all_the_same()
    {
        Become(new() { Notice = SandboxNoticeMode.None });
        await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromSeconds(4));
        Assert.Null(await NoticeAsync());
        await Eventually.TrueAsync(() => _sandbox.Sandbox.Instances.Single().State == "terminated");
    }

    [Fact]
    public async Task A_rebalance_is_recommended_before_the_notice()
    {
        Become(new() { RebalanceLead = TimeSpan.FromSeconds(4) });
        var before = DateTimeOffset.UtcNow;
        var taken = await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromMinutes(2));
        Assert.True(taken >= before + TimeSpan.FromSeconds(124));
        Assert.Equal(HttpStatusCode.OK, (await _metadata.GetAsync(Recommendation, _token)).Status);
        Assert.Null(await NoticeAsync());
        await Eventually.TrueAsync(async () => await NoticeAsync() is not null);
    }

    [Fact]
    public async Task A_notice_that_is_withdrawn_before_it_came_takes_nothing()
    {
        Become(new() { Notice = SandboxNoticeMode.Late, NoticeDelay = TimeSpan.FromSeconds(2) });
        await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromSeconds(3));
        Assert.True(_sandbox.Sandbox.WithdrawNotice(_id));
        await Task.Delay(3300, Ct);
        Assert.Null(await NoticeAsync());
        Assert.Equal("running", _sandbox.Sandbox.Instances.Single().State);
    }

    [Fact]
    public async Task A_stale_notice_is_of_the_past_and_takes_nothing_and_a_true_one_takes_its_place()
    {
        var shown = _sandbox.Sandbox.ShowStaleNotice(_id, TimeSpan.FromMinutes(10));
        Assert.InRange(DateTimeOffset.UtcNow - shown, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11));
        Assert.Equal(shown.ToUnixTimeSeconds(), (await NoticeAsync())!.Value.ToUnixTimeSeconds());
        Assert.Equal("running", _sandbox.Sandbox.Instances.Single().State);

        var taken = await _sandbox.Sandbox.InterruptAsync(_id, TimeSpan.FromMinutes(2));
        Assert.Equal(taken.ToUnixTimeSeconds(), (await NoticeAsync())!.Value.ToUnixTimeSeconds());
        Assert.Contains("is to be taken", Assert.Throws<InvalidOperationException>(
            () => _sandbox.Sandbox.ShowStaleNotice(_id, TimeSpan.Zero)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_is_refused_by_name()
    {
        Assert.Contains("NoticeDelay", Refusal(_id, new() { NoticeDelay = TimeSpan.FromSeconds(-1) }), StringComparison.Ordinal);
        Assert.Contains("LinkBytesPerSecond is 0", Refusal(_id, new() { LinkBytesPerSecond = 0 }), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => _sandbox.Sandbox.SetConditions("i-00000000000000000", new()));
        Assert.Equal(new SandboxConditions(), _sandbox.Sandbox.GetConditions(_id));
    }

    private string Refusal(string id, SandboxConditions conditions) =>
        Assert.Throws<ArgumentException>(() => _sandbox.Sandbox.SetConditions(id, conditions)).Message;

    private void Become(SandboxConditions conditions) => _sandbox.Sandbox.SetConditions(_id, conditions);

    private async Task<DateTimeOffset?> NoticeAsync()
    {
        var (status, text) = await _metadata.GetAsync(Action, _token);
        if (status == HttpStatusCode.NotFound)
        {
            return null;
        }

        using var notice = JsonDocument.Parse(text);
        return notice.RootElement.GetProperty("time").GetDateTimeOffset();
    }
}
