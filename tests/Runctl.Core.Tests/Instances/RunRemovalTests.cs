using System.Text.Json;
using System.Text.RegularExpressions;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Instances;

/// <summary>The removal of the instance of a run that was stopped.</summary>
public sealed class RunRemovalTests
{
    private readonly FakeCloud _cloud = new();
    private readonly List<string> _warnings = [];
    private readonly Dictionary<string, string> _states = new() { ["mine"] = RunStates.Stopped, ["other"] = RunStates.Running };
    private readonly Dictionary<string, string> _outcomes = [];

    public RunRemovalTests()
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Answer = (id, command) => new CommandOutcome(id, "Success", null, 0, RunctlJson.Write(Answer(Arguments(command.Script))), "");
    }

    [Theory]
    [InlineData("failed", "uploaded")]
    [InlineData("uploaded", "uploaded")]
    public async Task With_Force_the_checkpoint_of_the_run_itself_is_given_up(string mine, string other)
    {
        await RemoveAsync(mine, other);
        Assert.NotEqual("running", Assert.Single(_cloud.Ec2.All).State);
        Assert.Equal(RunStates.Stopped, _states["other"]);
        if (mine == "uploaded")
        {
            Assert.Empty(_warnings);
            return;
        }

        var warning = Assert.Single(_warnings);
        Assert.StartsWith("The checkpoint of run mine is not safe: the checkpoint could not be uploaded", warning, StringComparison.Ordinal);
        Assert.EndsWith("Instance i-1 is removed all the same, because of -Force.", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("left alone", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("uploaded")]
    public async Task The_instance_stays_with_Force_too_if_the_checkpoint_of_another_run_on_it_is_not_safe(string mine)
    {
        var error = await Assert.ThrowsAsync<RunctlException>(() => RemoveAsync(mine, other: "failed"));
        Assert.Equal(ErrorIds.CheckpointNotSaved, error.Id);
        Assert.Contains("run other is not safe", error.Message, StringComparison.Ordinal);
        Assert.Equal("running", Assert.Single(_cloud.Ec2.All).State);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Without_Force_the_instance_stays_if_the_checkpoint_of_the_run_is_not_safe()
    {
        _states.Remove("other");
        Assert.Equal(ErrorIds.CheckpointNotSaved, (await Assert.ThrowsAsync<RunctlException>(() => RemoveAsync("failed", "", isForced: false))).Id);
        Assert.Equal("running", Assert.Single(_cloud.Ec2.All).State);
    }

    private Task RemoveAsync(string mine, string other, bool isForced = true)
    {
        (_outcomes["mine"], _outcomes["other"]) = (mine, other);
        return new RunRemoval(_cloud, new RunctlConfiguration(), _cloud.Time).RemoveAsync(new RunctlTraining { RunId = "mine", InstanceId = "i-1", State = RunStates.Stopped }, isForced, _warnings.Add, TestContext.Current.CancellationToken);
    }

    private static List<string> Arguments(string script)
    {
        using var envelope = JsonDocument.Parse(Convert.FromBase64String(Regex.Match(script, "'@([A-Za-z0-9+/=]+)'").Groups[1].Value));
        return [.. envelope.RootElement.GetProperty("argv").EnumerateArray().Select(word => word.GetString()!)];
    }

    /// <summary>A guard, whose trainings end as soon as they are stopped.</summary>
    private GuardStatus Answer(List<string> arguments)
    {
        var run = arguments.IndexOf("--run") is >= 0 and var at ? arguments[at + 1] : null;
        if (arguments[0] == "stop")
        {
            _states[run!] = RunStates.Stopped;
        }

        return new GuardStatus
        {
            Runs = [.. _states.Where(pair => run is null || run == pair.Key).Select(pair => new RunState { RunId = pair.Key, State = pair.Value, InstanceId = "i-1" })],
            Events = run is null ? [] : [new RunctlEvent { Sequence = 1, Time = DateTime.UnixEpoch, Kind = EventKinds.TrainingStopped, InstanceId = "i-1", RunId = run, Message = "", Details = RunctlJson.ToElement(new { outcome = _outcomes[run] }) }],
        };
    }
}
