using System.Management.Automation;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Changes what goes wrong in a running sandbox: faults of its services, empty pools, links, metadata, clocks, agents and notices.</summary>
/// <remarks>It works on the sandboxes of this process. Without -InstanceId links, metadata, clocks, agents and notices change for all instances there are and for those to come. An interruption that has begun keeps the notice it has.</remarks>
/// <example>
/// <code>Set-RunctlSandbox -Fault @{ Operation = 's3:UploadPart'; Kind = 'Throttling'; Count = 3 }</code>
/// <para>The next three parts of uploads meet SlowDown; (Set-RunctlSandbox -PassThru).Faults shows how many did.</para>
/// </example>
/// <example>
/// <code>$run | Set-RunctlSandbox -LinkSpeed 5MB -Notice Late -NoticeDelay 90s</code>
/// <para>Gives the instance of a training a slow link, and half a minute of notice where there should be two.</para>
/// </example>
/// <example>
/// <code>Set-RunctlSandbox -ClearFault -ImdsMode Normal -PoolError @{ 'spot:g5.xlarge' = $null }</code>
/// <para>Makes things work again.</para>
/// </example>
/// <example>
/// <code>$sandbox | Set-RunctlSandbox -UseAsDefault</code>
/// <para>All cmdlets of this process use this sandbox from now on.</para>
/// </example>
[Cmdlet(VerbsCommon.Set, "RunctlSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlSandbox))]
public sealed class SetRunctlSandboxCommand : SandboxSettingsCmdlet
{
    /// <summary>The sandbox, as Start-RunctlSandbox returned it, or its endpoint; instances and trainings bring it along. Default: the one in use by default, else the only one this session started.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Sandbox")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(EndpointCompleter))]
    [Identity(nameof(EndpointUrl))]
    public Uri[] EndpointUrl { get; set; } = [];

    /// <summary>Ids of the instances to change, also for the faults given here and for -ClearFault. Default: all there are, and those to come.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(nameof(InstanceId))]
    public string[] InstanceId { get; set; } = [];

    /// <summary>Ends the faults there are, before those given here are set.</summary>
    [Parameter]
    public SwitchParameter ClearFault { get; set; }

    /// <summary>Takes the notices of the instances back; they are not taken.</summary>
    [Parameter]
    public SwitchParameter WithdrawNotice { get; set; }

    /// <summary>Gives capacity back to instances that an interruption stopped or hibernated. EC2 starts them; a hibernated one continues where it was.</summary>
    [Parameter]
    public SwitchParameter ReturnCapacity { get; set; }

    /// <summary>Shows the instances a notice whose time is this long past, and does not take them.</summary>
    [Parameter]
    [Duration("0s", "1d")]
    public TimeSpan StaleNotice { get; set; }

    /// <summary>Makes the sandbox the default again, as Start-RunctlSandbox -UseAsDefault does; -UseAsDefault:$false ends that.</summary>
    [Parameter]
    public SwitchParameter UseAsDefault { get; set; }

    /// <summary>Returns the sandbox.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (var endpoint in Endpoints())
        {
            await ForTargetAsync(endpoint, () => ChangeAsync(endpoint));
        }
    }

    private async Task ChangeAsync(Uri endpoint)
    {
        var sandbox = RunningSandboxes.Find(endpoint) ?? throw CommandErrors.SandboxNotFound(endpoint);
        var target = InstanceId.Length == 0 ? $"{endpoint}" : $"{string.Join(", ", InstanceId)} in {endpoint}";
        if (!ShouldProcess(target, $"Change the sandbox ({string.Join(", ", Given())})"))
        {
            return;
        }

        SandboxChanges.Apply(endpoint, this);
        foreach (var id in InstanceId.Length > 0 ? InstanceId : SandboxChanges.InstancesOf(endpoint))
        {
            await ForTargetAsync(id, () =>
            {
                SandboxChanges.Apply(endpoint, this, id);
                return Task.CompletedTask;
            });
        }

        if (IsGiven(nameof(UseAsDefault)))
        {
            if (UseAsDefault)
            {
                RunningSandboxes.MakeDefault(sandbox, RunctlSession.Current);
            }
            else
            {
                RunningSandboxes.EndDefault(sandbox);
            }
        }

        if (PassThru)
        {
            WriteObject(sandbox);
        }
    }

    private IEnumerable<string> Given() => MyInvocation.BoundParameters.Keys
        .Except([nameof(EndpointUrl), nameof(InstanceId), nameof(PassThru), .. CommonParameters, .. OptionalCommonParameters]);

    private Uri[] Endpoints() => EndpointUrl.Length > 0 ? EndpointUrl : [Current().EndpointUrl];

    private static RunctlSandbox Current()
    {
        var session = RunctlSession.Current;
        var started = RunningSandboxes.Of(session) is { Count: > 0 } own ? own : RunningSandboxes.All;
        return RunningSandboxes.DefaultOf(session) ?? (started.Count == 1 ? started[0] : throw CommandErrors.SandboxNotNamed(started.Count));
    }
}
