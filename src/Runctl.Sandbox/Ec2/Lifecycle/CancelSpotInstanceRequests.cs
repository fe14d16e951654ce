using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>CancelSpotInstanceRequests; instances go on running.</summary>
internal sealed class CancelSpotInstanceRequests(InstanceRegistry registry, TimeProvider clock) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        if (!parameters.Has("SpotInstanceRequestId"))
        {
            throw Ec2Errors.Missing("SpotInstanceRequestId");
        }

        var requests = SpotRequestLookup.Find(registry, parameters);
        foreach (var request in requests)
        {
            request.Cancel(clock.GetUtcNow());
            if (request.Instance.State is InstanceState.Stopped or InstanceState.Stopping)
            {
                // EC2 terminates what is stopped with its request.
                _ = registry.TerminateAsync(request.Instance.InstanceId);
            }
        }

        yield return List("spotInstanceRequestSet", requests, request =>
        [
            Text("spotInstanceRequestId", request.Id),
            Text("state", request.Status.State),
        ]);
    }
}
