using System.Management.Automation;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Lets a sandbox stand where its endpoint is asked for.</summary>
internal sealed class SandboxEndpointAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => Endpoint(inputData) switch
    {
        RunctlSandbox sandbox => sandbox.EndpointUrl,
        object[] several => several.Select(Endpoint).Select(one => one is RunctlSandbox sandbox ? sandbox.EndpointUrl : one).ToArray(),
        var other => other,
    };

    private static object? Endpoint(object? given) => given is PSObject wrapped ? wrapped.BaseObject : given;
}
