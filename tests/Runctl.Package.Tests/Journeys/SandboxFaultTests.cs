using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

/// <summary>What goes wrong in a sandbox, from the beginning and while it runs.</summary>
public sealed class SandboxFaultTests
{
    private const string Refused = "@{ Operation = 'ec2:DescribeInstances'; Kind = 'ClientError'; Count = 1 }";

    [Theory]
    [InlineData("@{ Operation = 's3:PutObject'; Kind = 'Throttling'; Probabilty = 0.5 }", "no key 'Probabilty'. Its keys are Operation, Kind, Code")]
    [InlineData("@{ Operation = 's4:PutObject'; Kind = 'Throttling' }", "Operation is 's4:PutObject'; it must be service:operation with one of the services ec2, imds, s3, secretsmanager, ssm, sts")]
    [InlineData("@{ Operation = 's3:*'; Kind = 'Throttling'; Probability = 1.5 }", "Probability is 1.5; it must be from 0 to 1")]
    [InlineData("@{ Operation = 's3:*'; Kind = 'Throttling'; Probability = 'often' }", "Probability is 'often'; it must be a number from 0 to 1")]
    [InlineData("@{ Operation = 's3:*'; Kind = 'Trottling' }", "Kind is 'Trottling'; it must be Throttling, ClientError")]
    [InlineData("@{ Operation = 's3:*' }", "needs the key Kind")]
    [InlineData("@{ Kind = 'Throttling' }", "needs the key Operation")]
    [InlineData("@{ Operation = 's3:*'; Kind = 'Delay'; Delay = 'soon' }", "'soon' is not a duration")]
    [InlineData("@{ Operation = 's3:*'; Kind = 'ClientError'; Status = 503 }", "Status is 503 for ClientError")]
    [InlineData("'s3:PutObject'", "is not a fault. Write a hash table")]
    public void A_fault_that_can_not_be_is_refused_with_what_is_allowed(string fault, string expected)
    {
        using var session = new ModuleSession();
        foreach (var command in new[] { "Start-RunctlSandbox", "Set-RunctlSandbox" })
        {
            var result = session.Run($"{command} -Fault {fault}");
            Assert.Equal("ParameterArgumentTransformationError", result.ErrorId);
            Assert.Contains(expected, result.Error.Exception.Message);
        }
    }

    [Fact]
    public void A_fault_from_the_beginning_strikes_as_often_as_it_should_and_is_counted()
    {
        using var session = new ModuleSession();
        session.Run($"$sandbox = Start-RunctlSandbox -UseAsDefault -Fault {Refused}");
        Assert.Single(session.Run("Get-RunctlInstance").Errors);
        Assert.Empty(session.Run("Get-RunctlInstance").Errors);
        Assert.Equal(1L, session.Run("$sandbox.Faults[0].Hits").Single);
        Assert.Matches("1 +1 +1 +ClientError +any +ec2:DescribeInstances", session.Show("$sandbox.Faults"));
    }

    [Theory]
    [InlineData("Set-RunctlSandbox")]
    [InlineData("$sandbox | Set-RunctlSandbox")]
    [InlineData("Set-RunctlSandbox $sandbox")]
    [InlineData("Set-RunctlSandbox -EndpointUrl $sandbox.EndpointUrl")]
    public void A_running_sandbox_fails_and_is_well_again(string command)
    {
        using var session = new SandboxSession();
        session.Run($"{command} -Fault {Refused.Replace("; Count = 1", "", StringComparison.Ordinal)}");
        Assert.Single(session.Try("Get-RunctlInstance").Errors);
        Assert.Equal(0, session.Run($"({command} -ClearFault -PassThru).Faults.Count").Single);
        session.Run("Get-RunctlInstance");
    }

    [Fact]
    public void WhatIf_names_what_would_change_and_changes_nothing()
    {
        using var session = new SandboxSession();
        Assert.Contains("Change the sandbox (Fault, ImdsMode)", session.Show($"Set-RunctlSandbox -Fault {Refused} -ImdsMode Silent -WhatIf").ReplaceLineEndings(""));
        Assert.Equal(0, session.Run("$sandbox.Faults.Count").Single);
    }

    [Fact]
    public void Conditions_are_for_all_instances_there_are_and_will_be_or_for_those_piped_in()
    {
        using var session = new SandboxSession();
        session.Run("$first = New-RunctlSpotInstance g5.xlarge; $second = New-RunctlSpotInstance g5.xlarge");
        session.Run("Set-RunctlSandbox -LinkSpeed 5MB -ClockOffset -20m; $first | Set-RunctlSandbox -Notice Late -NoticeDelay 90s -ImdsMode Slow");
        session.Run("$third = New-RunctlSpotInstance g5.xlarge");

        Assert.Equal("5242880 -00:20:00 Late 00:01:30 Slow", session.Run(Condition("first")).Single);
        Assert.Equal("5242880 -00:20:00 Timely 00:00:00 Normal", session.Run(Condition("second")).Single);
        Assert.Equal("5242880 -00:20:00 Timely 00:00:00 Normal", session.Run(Condition("third")).Single);
        session.Run("Set-RunctlSandbox -LinkSpeed 0");
        Assert.Equal("0 -00:20:00 Late 00:01:30 Slow", session.Run(Condition("first")).Single);
    }

    [Fact]
    public void Conditions_from_the_beginning_are_those_of_every_instance()
    {
        using var session = new ModuleSession();
        session.Run("$sandbox = Start-RunctlSandbox -UseAsDefault -LinkSpeed 1MB -LinkLatency 50ms -ImdsMode Forbidden -SsmOffline -Notice None -RebalanceLead 10s");
        session.Run("$instance = New-RunctlSpotInstance g5.xlarge");
        Assert.Equal("1048576 00:00:00.0500000 Forbidden True None 00:00:10", session.Run(
            "$c = $sandbox.GetCondition($instance.InstanceId); \"$($c.LinkSpeed) $($c.LinkLatency) $($c.ImdsMode) $($c.SsmOffline) $($c.Notice) $($c.RebalanceLead)\"").Single);
    }

    [Fact]
    public void A_fault_for_a_piped_instance_is_its_own_and_ends_alone()
    {
        using var session = new SandboxSession();
        session.Run("$instance = New-RunctlSpotInstance g5.xlarge");
        session.Run("Set-RunctlSandbox -Fault @{ Operation = 's3:*'; Kind = 'Delay'; Delay = '1s' }; $instance | Set-RunctlSandbox -Fault @{ Operation = 's3:*'; Kind = 'Throttling' }");
        Assert.True(session.Run("$sandbox.Faults[1].InstanceId -eq $instance.InstanceId").Single);
        session.Run("$instance | Set-RunctlSandbox -ClearFault");
        Assert.Equal("Delay 00:00:01", session.Run("\"$($sandbox.Faults.Kind) $($sandbox.Faults.Delay)\"").Single);
    }

    [Fact]
    public void Pools_and_quota_change_while_it_runs()
    {
        using var session = new SandboxSession();
        session.Run("Set-RunctlSandbox -PoolError @{ 'g5.xlarge' = 'InsufficientInstanceCapacity' }");
        Assert.Single(session.Try("New-RunctlSpotInstance g5.xlarge").Errors);
        session.Run("Set-RunctlSandbox -PoolError @{ 'g5.xlarge' = $null } -SpotVcpuQuota 1");
        Assert.Single(session.Try("New-RunctlSpotInstance g5.xlarge").Errors);
        session.Run("Set-RunctlSandbox -SpotVcpuQuota $null; New-RunctlSpotInstance g5.xlarge");
        session.Run("Set-RunctlSandbox -PoolError @{ 'g5.xlarge' = 'InsufficientInstanceCapacity'; 'c7i.large' = 'InsufficientInstanceCapacity' }; Set-RunctlSandbox -LinkSpeed 0");
        Assert.Single(session.Try("New-RunctlSpotInstance g5.xlarge").Errors);
        session.Run("Set-RunctlSandbox -PoolError @{}; New-RunctlSpotInstance g5.xlarge");
    }

    [Fact]
    public void A_stale_notice_can_be_withdrawn_once()
    {
        using var session = new SandboxSession();
        session.Run("$instance = New-RunctlSpotInstance g5.xlarge -Wait; $instance | Set-RunctlSandbox -StaleNotice 10m");
        session.Run("$instance | Set-RunctlSandbox -WithdrawNotice");
        var result = session.Try("$instance | Set-RunctlSandbox -WithdrawNotice");
        Assert.Equal("NoticeNotFound", result.ErrorId);
        Assert.Equal(session.Run("$instance.InstanceId").Single, result.Error.TargetObject);
        Assert.Equal("running", session.Run("($instance | Get-RunctlInstance).State").Single);
    }

    [Fact]
    public void What_is_not_there_is_named()
    {
        using var session = new ModuleSession();
        Assert.Equal("SandboxNotNamed", session.Run("Set-RunctlSandbox -ClearFault").ErrorId);
        Assert.Equal("SandboxNotFound", session.Run("Set-RunctlSandbox http://127.0.0.1:9/ -ClearFault").ErrorId);
        session.Run("Start-RunctlSandbox; $last = Start-RunctlSandbox");
        Assert.Equal("SandboxNotNamed", session.Run("Set-RunctlSandbox -ClearFault").ErrorId);
        var unknown = session.Run("Set-RunctlSandbox $last -InstanceId i-00000000000000000 -ImdsMode Silent");
        Assert.Equal(("SandboxRefused", "i-00000000000000000"), (unknown.ErrorId, unknown.Error.TargetObject));
    }

    [Theory]
    [InlineData("Set-RunctlSandbox $other -PassThru")]
    [InlineData("$other | Set-RunctlSandbox -PassThru")]
    [InlineData("Set-RunctlSandbox $other.EndpointUrl -PassThru")]
    [InlineData("\"$other\" | Set-RunctlSandbox -PassThru")]
    [InlineData("Set-RunctlSandbox -Sandbox ($other | ConvertTo-Json | ConvertFrom-Json) -PassThru")]
    public void A_sandbox_is_named_by_its_object_or_its_endpoint(string command)
    {
        using var session = new SandboxSession();
        var other = session.Run("$other = Start-RunctlSandbox; \"$other\"").Single;
        Assert.Equal(other, session.Run($"({command}).ToString()").Single);
    }

    [Theory]
    [InlineData("Stop-RunctlSandbox $null", "ParameterArgumentValidationError")]
    [InlineData("$null | Stop-RunctlSandbox", "ParameterArgumentValidationError")]
    [InlineData("Stop-RunctlSandbox @()", "ParameterArgumentValidationError")]
    [InlineData("Stop-RunctlSandbox nonsense", "SandboxNotFound")]
    [InlineData("[version]'1.2' | Stop-RunctlSandbox", "InputObjectNotBound")]
    public void What_names_no_sandbox_stops_none(string command, string error)
    {
        using var session = new SandboxSession();
        Assert.Equal(error, session.Try(command).ErrorId);
        Assert.Empty(session.Run("Get-RunctlInstance").Output);
    }

    [Fact]
    public void Sandboxes_complete_in_the_first_place()
    {
        using var session = new SandboxSession();
        foreach (var line in new[] { "Stop-RunctlSandbox ", "Set-RunctlSandbox http" })
        {
            Assert.Equal(true, session.Run($"\"$sandbox\" -in [Management.Automation.CommandCompletion]::CompleteInput('{line}', {line.Length}, $null).CompletionMatches.CompletionText").Single);
        }
    }

    private static string Condition(string instance) =>
        $"$c = $sandbox.GetCondition(${instance}.InstanceId); \"$($c.LinkSpeed) $($c.ClockOffset) $($c.Notice) $($c.NoticeDelay) $($c.ImdsMode)\"";
}
