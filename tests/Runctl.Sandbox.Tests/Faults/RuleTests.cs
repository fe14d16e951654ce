using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>Which requests a fault strikes.</summary>
public sealed class RuleTests
{
    private static readonly ServiceCall Upload = new("s3", "UploadPart") { Key = "a/b.pt" };

    [Fact]
    public void Some_pass_then_some_are_struck_then_all_pass()
    {
        var faults = new SandboxFaults(new SandboxOptions());
        var rule = faults.Add(new() { Operation = "s3:UploadPart", Kind = SandboxFaultKind.Throttling, Skip = 2, Count = 3 });

        Assert.Equal("..xxx...", Pattern(faults, 8));
        Assert.Equal(3, rule.Hits);
    }

    [Theory]
    [InlineData("s3:UploadPart", true)]
    [InlineData("S3:uploadpart", true)]
    [InlineData("s3:*", true)]
    [InlineData("*:Upload*", true)]
    [InlineData("s3:Upload", false)]
    [InlineData("ssm:*", false)]
    public void An_operation_is_meant_without_regard_to_case_and_by_wildcards(string operation, bool struck) =>
        Assert.Equal(struck ? "x" : ".", Pattern(With(new() { Operation = operation, Kind = SandboxFaultKind.ServerError }), 1));

    [Theory]
    [InlineData("a/*", true)]
    [InlineData("*.pt", true)]
    [InlineData("A/*", false)]
    [InlineData("b.pt", false)]
    public void A_key_is_meant_as_it_is_written(string key, bool struck) =>
        Assert.Equal(struck ? "x" : ".", Pattern(With(new() { Operation = "s3:*", Kind = SandboxFaultKind.ServerError, Key = key }), 1));

    [Fact]
    public void An_instance_is_meant_as_who_asks_and_as_what_is_asked_about()
    {
        const string id = "i-0123456789abcdef0";
        var faults = With(new() { Operation = "*:*", Kind = SandboxFaultKind.ServerError, InstanceId = id });

        Assert.NotNull(faults.Strike(Upload with { CallerId = id }).Fault);
        Assert.NotNull(faults.Strike(new("ssm", "SendCommand") { Parameters = $$"""{"InstanceIds":["{{id}}"]}""" }).Fault);
        Assert.Null(faults.Strike(Upload).Fault);
        Assert.Null(faults.Strike(Upload with { CallerId = "i-0123456789abcdef1" }).Fault);
    }

    [Fact]
    public void Chance_strikes_about_as_often_as_it_should_and_again_the_same_from_the_same_seed()
    {
        RunctlSandboxFault fault = new() { Operation = "s3:*", Kind = SandboxFaultKind.ServerError, Probability = 0.25 };
        string Run(int seed) => Pattern(With(fault, seed), 400);

        Assert.InRange(Run(1).Count(mark => mark == 'x'), 60, 140);
        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Fact]
    public void Delays_add_up_and_of_the_others_the_first_counts()
    {
        var faults = new SandboxFaults(new SandboxOptions());
        faults.Add(new() { Operation = "s3:*", Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromSeconds(1) });
        faults.Add(new() { Operation = "s3:*", Kind = SandboxFaultKind.Throttling, Delay = TimeSpan.FromSeconds(2) });
        var third = faults.Add(new() { Operation = "s3:*", Kind = SandboxFaultKind.ServerError });
        var (delay, fault) = faults.Strike(Upload);

        Assert.Equal((TimeSpan.FromSeconds(3), SandboxFaultKind.Throttling), (delay, fault!.Kind));
        Assert.Equal(0, third.Hits);
    }

    [Fact]
    public void What_is_removed_strikes_no_more()
    {
        var faults = new SandboxFaults(new SandboxOptions());
        var first = faults.Add(new() { Operation = "s3:*", Kind = SandboxFaultKind.Throttling });
        var second = faults.Add(new() { Operation = "s3:*", Kind = SandboxFaultKind.ServerError });
        first.Remove();
        first.Remove();
        Assert.Equal([second], faults.All);
        faults.Clear();
        Assert.Equal(".", Pattern(faults, 1));
    }

    [Fact]
    public void A_count_holds_however_many_ask_at_once()
    {
        var faults = With(new() { Operation = "s3:*", Kind = SandboxFaultKind.Throttling, Count = 50 });
        var struck = 0;
        Parallel.For(0, 1000, _ => Interlocked.Add(ref struck, faults.Strike(Upload).Fault is null ? 0 : 1));
        Assert.Equal(50, struck);
    }

    [Fact]
    public void What_cannot_be_is_refused_by_name_and_with_what_is_allowed()
    {
        RunctlSandboxFault good = new() { Operation = "s3:PutObject", Kind = SandboxFaultKind.ClientError };

        Assert.Matches("Operation is 's4:PutObject'.*ec2, imds, s3, secretsmanager, ssm, sts", Refusal(good.With(copy => copy.Operation = "s4:PutObject")));
        Assert.Matches("Operation is 'PutObject'.*service:operation", Refusal(good.With(copy => copy.Operation = "PutObject")));
        Assert.Matches("Probability is 1.5.*from 0 to 1", Refusal(good.With(copy => copy.Probability = 1.5)));
        Assert.Matches("Probability is NaN", Refusal(good.With(copy => copy.Probability = double.NaN)));
        Assert.Matches("Count is -1", Refusal(good.With(copy => copy.Count = -1)));
        Assert.Matches("Status is 503 for ClientError.*400 to 499", Refusal(good.With(copy => copy.Status = 503)));
        Assert.Matches("Kind is 99.*Throttling", Refusal(good.With(copy => copy.Kind = (SandboxFaultKind)99)));
    }

    private static string Refusal(RunctlSandboxFault fault) => Assert.Throws<ArgumentException>(() => With(fault)).Message;

    private static SandboxFaults With(RunctlSandboxFault fault, int seed = 0)
    {
        var options = new SandboxOptions { FaultSeed = seed };
        options.Faults.Add(fault);
        return new SandboxFaults(options);
    }

    private static string Pattern(SandboxFaults faults, int requests) =>
        string.Concat(Enumerable.Range(0, requests).Select(_ => faults.Strike(Upload).Fault is null ? '.' : 'x'));
}
