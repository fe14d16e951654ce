using System.Management.Automation;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Stops sandboxes: every process in them ends and their files are removed.</summary>
[Cmdlet(VerbsLifecycle.Stop, "RunctlSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopRunctlSandboxCommand : AsyncCmdlet
{
    /// <summary>Endpoint of the sandbox, as Start-RunctlSandbox returned it. Default: all sandboxes this session started.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public Uri[]? EndpointUrl { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var endpoints = EndpointUrl ?? [.. RunningSandboxes.Of(RunctlSession.Current).Select(sandbox => sandbox.EndpointUrl)];
        foreach (var endpoint in endpoints)
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
}
