using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Ports;

namespace Runctl.Core.Tests.Guarding;

public sealed class GuardGroupClientTests
{
    private readonly FakeCloud _cloud = new();

    public GuardGroupClientTests() => _cloud.Shell.Answer = (id, _) => new CommandOutcome(id, "Success", null, 0, $$"""{"schema":1,"instance_id":"{{id}}"}""" + "\n", "");

    [Fact]
    public async Task Many_instances_are_asked_in_as_few_calls_as_the_limit_allows()
    {
        var ids = Add(120);
        var answers = await AskAsync(ids);
        Assert.All(ids, id => Assert.Equal(id, answers[id].Require().GetProperty("instance_id").GetString()));
        Assert.Equal([50, 50, 20], _cloud.Shell.Sent.Select(c => c.InstanceIds.Count));
    }

    [Fact]
    public async Task One_dead_instance_does_not_silence_the_others()
    {
        var ids = Add(16);
        _cloud.Shell.Dead.Add("i-5");
        _cloud.Ec2.Add("i-5", "terminated");
        var answers = await AskAsync(ids);
        Assert.Equal(16, answers.Count);
        Assert.Equal("InstanceGone", answers["i-5"].Error!.Id);
        Assert.All(ids.Where(i => i != "i-5"), id => Assert.Null(answers[id].Error));
    }

    [Fact]
    public async Task Who_is_not_online_is_not_asked_and_has_an_error()
    {
        var ids = Add(2);
        _cloud.Shell.Offline.Add("i-0");
        var answers = await AskAsync(ids);
        Assert.Equal("InstanceNotOnline", answers["i-0"].Error!.Id);
        Assert.Null(answers["i-1"].Error);
        Assert.Equal(["i-1"], Assert.Single(_cloud.Shell.Sent).InstanceIds);
    }

    [Fact]
    public async Task Who_answered_is_asked_again_without_looking_whether_it_is_online()
    {
        var ids = Add(60);
        var looks = 0;
        _cloud.Shell.Fault = operation =>
        {
            looks += operation == "DescribeInstanceInformation" ? 1 : 0;
            return null;
        };
        var client = new GuardGroupClient(_cloud, _cloud.Time);
        foreach (var _ in new int[3])
        {
            Assert.Equal(60, (await client.AskAsync(ids, ["status"], TestContext.Current.CancellationToken)).Count(a => a.Value.Error is null));
        }

        Assert.Equal(1, looks);
        _cloud.Ec2.Add("i-5", "terminated");
        Assert.Equal("InstanceGone", (await client.AskAsync(ids, ["status"], TestContext.Current.CancellationToken))["i-5"].Error!.Id);
        await client.AskAsync(ids, ["status"], TestContext.Current.CancellationToken);
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_look_that_fails_silences_nobody_who_answers()
    {
        var ids = Add(2);
        var client = new GuardGroupClient(_cloud, _cloud.Time);
        await client.AskAsync(["i-0"], ["status"], TestContext.Current.CancellationToken);
        _cloud.Shell.Fault = operation => operation == "DescribeInstanceInformation" ? new RunctlException("Refused", ErrorKind.InvalidInput, "1 validation error detected") : null;
        var answers = new Dictionary<string, GuardAnswer>();
        await client.AskAsync(ids, ["status"], answer => answers.Add(answer.InstanceId, answer), TestContext.Current.CancellationToken);
        Assert.Null(answers["i-0"].Error);
        Assert.Equal("Refused", answers["i-1"].Error!.Id);
    }

    private string[] Add(int count) => [.. Enumerable.Range(0, count).Select(i => _cloud.Ec2.Add($"i-{i}").InstanceId)];

    private Task<IReadOnlyDictionary<string, GuardAnswer>> AskAsync(string[] ids) =>
        new GuardGroupClient(_cloud, _cloud.Time).AskAsync(ids, ["status"], TestContext.Current.CancellationToken);
}
