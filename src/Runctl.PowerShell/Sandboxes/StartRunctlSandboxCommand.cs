using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Starts a sandbox: EC2, SSM and S3 on this machine, where an interruption can be rehearsed without an AWS account.</summary>
/// <remarks>It listens on loopback only and ends with this process, with Stop-RunctlSandbox or with Remove-Module. Other sessions and other AWS clients join it by the variables GetEnvironment() returns; the secret key is among them. It enforces the policies that Get-RunctlPolicy shows, for person and instances; GetAdministratorEnvironment() returns the variables of an administrator, by which other AWS clients make buckets, parameters and secrets.</remarks>
/// <example>
/// <code>Start-RunctlSandbox -UseAsDefault</code>
/// <para>All cmdlets of this process now use the sandbox, in ForEach-Object -Parallel and Start-ThreadJob too.</para>
/// </example>
/// <example>
/// <code>Start-RunctlSandbox -UseAsDefault -S3Bucket our-checkpoints -IamInstanceProfile Training</code>
/// <para>Has the names of your account, so that a script for AWS runs unchanged. A name that is not there is refused, as on AWS.</para>
/// </example>
/// <example>
/// <code>$env:AWS_ENDPOINT_URL = (Start-RunctlSandbox).GetEnvironment()['AWS_ENDPOINT_URL']</code>
/// <para>Takes one variable for programs started from here.</para>
/// </example>
/// <example>
/// <code>Start-RunctlSandbox -UseAsDefault -PoolError @{ 'spot:g5.xlarge' = 'InsufficientInstanceCapacity' }</code>
/// <para>Rehearses a launch that finds no spot capacity.</para>
/// </example>
/// <example>
/// <code>Start-RunctlSandbox -UseAsDefault -LinkSpeed 10MB -Notice None -Fault @{ Operation = 's3:*'; Kind = 'ServerError'; Probability = 0.05 }</code>
/// <para>Rehearses a bad day: slow links, no notice, and one request to S3 in twenty fails. Set-RunctlSandbox changes all this later.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "RunctlSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlSandbox))]
public sealed class StartRunctlSandboxCommand : SandboxSettingsCmdlet
{
    /// <summary>Makes the cmdlets of this process use the sandbox if neither an endpoint nor a profile is given: in this session, and in its thread jobs and other runspaces. When the sandbox stops, the default before it counts again.</summary>
    [Parameter]
    public SwitchParameter UseAsDefault { get; set; }

    /// <summary>How long an instance is pending before it runs.</summary>
    [Parameter]
    [Duration("0s", "10m")]
    public TimeSpan BootTime { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Buckets that exist from the start; the first is the default of the session's cmdlets. Default: runctl-sandbox. The bucket of the documentation, my-checkpoint-bucket, exists in each sandbox.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] S3Bucket { get; set; } = [];

    /// <summary>Instance profiles that exist, each with a role of the same name; the first is the default of the session's cmdlets. Default: RunctlSandbox. The profile of the documentation, MySSMProfile, exists in each sandbox.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] IamInstanceProfile { get; set; } = [];

    /// <summary>What the chances of faults are drawn from: with the same seed the same requests fail again.</summary>
    [Parameter]
    public int FaultSeed { get; set; }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw CommandErrors.SandboxNotSupported();
        }

        if (!ShouldProcess("this machine", "Start a sandbox"))
        {
            return;
        }

        var session = RunctlSession.Current;
        BackgroundWork.Screen ??= Host.UI is { } screen ? screen.WriteLine : null;
        var sandbox = await SandboxServer.StartAsync(session, this, Settings(), StopToken);
        if (UseAsDefault)
        {
            RunningSandboxes.MakeDefault(sandbox, session);
        }

        WriteVerbose($"Sandbox at {sandbox.EndpointUrl}, files in {sandbox.Directory}.");
        WriteObject(sandbox);
    }

    // The prefixes and secrets of a project are in its policies too. A file with an error is the business of the cmdlets that use it.
    private RunctlConfiguration Settings()
    {
        var reader = new ConfigurationReader(AdaptersLoader.Adapters, Environment.GetEnvironmentVariable);
        var nothing = new ConfigurationOverrides(new Dictionary<string, object?>(), new Dictionary<string, object?>());
        try
        {
            return reader.Read(SessionState.Path.CurrentFileSystemLocation.ProviderPath, nothing);
        }
        catch (RunctlException problem)
        {
            WriteWarning($"The policies of the sandbox are those of the default prefixes: {problem.Message}");
            return new RunctlConfiguration();
        }
    }
}
