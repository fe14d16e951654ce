using System.Management.Automation;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Stops sandboxes: every process in them ends and their files are removed.</summary>
/// <remarks>Instances, buckets and checkpoints of a sandbox end with it. A session that exits stops its sandboxes too.</remarks>
/// <example>
/// <code>Stop-RunctlSandbox</code>
/// <para>Stops all sandboxes this session started.</para>
/// </example>
/// <example runs="true">
/// <code>$sandbox = Start-RunctlSandbox; Stop-RunctlSandbox $sandbox</code>
/// <para>Stops one sandbox.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "RunctlSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopRunctlSandboxCommand : AsyncCmdlet
{
    /// <summary>The sandbox, as Start-RunctlSandbox returned it, or its endpoint. Default: all sandboxes this session started.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Sandbox")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(EndpointCompleter))]
    [Identity(nameof(EndpointUrl))]
    public Uri[] EndpointUrl { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (var endpoint in Endpoints())
        {
            if (RunningSandboxes.Find(endpoint) is null)
            {
                WriteError(CommandErrors.SandboxNotFound(endpoint));
            }
            else if (ShouldProcess(endpoint.ToString(), "Stop the sandbox and remove its instances and files"))
            {
                await RunningSandboxes.StopAsync(endpoint);
            }
        }
    }

    private IEnumerable<Uri> Endpoints() => EndpointUrl.Length > 0 ? EndpointUrl : RunningSandboxes.Of(RunctlSession.Current).Select(sandbox => sandbox.EndpointUrl);
}
