using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>DeleteFleets: with an instant fleet go all its instances.</summary>
internal sealed class DeleteFleets(FleetStore fleets, InstanceRegistry registry) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("FleetId");
        if (ids.Count == 0)
        {
            throw Ec2Errors.Missing("FleetId");
        }

        parameters.Require("TerminateInstances");
        if (parameters.Bool("TerminateInstances") is false && ids.Any(id => fleets.Find(id) is not null))
        {
            throw new Ec2Exception("InvalidParameterValue", "NoTerminateInstances option is not supported for instant fleet");
        }

        var deleted = ids.Select(fleets.Find).OfType<Fleet>().Select(fleet => (Fleet: fleet, Previous: fleet.State)).ToList();
        foreach (var (fleet, _) in deleted)
        {
            fleet.Deleted = true;
            foreach (var record in fleet.Instances)
            {
                _ = registry.TerminateAsync(record.InstanceId);
            }
        }

        yield return List("successfulFleetDeletionSet", deleted, item =>
        [
            Text("fleetId", item.Fleet.Id),
            Text("currentFleetState", item.Fleet.State),
            Text("previousFleetState", item.Previous),
        ]);
        yield return List("unsuccessfulFleetDeletionSet", ids.Where(id => fleets.Find(id) is null), id =>
        [
            Text("fleetId", id),
            Node("error", Text("code", "fleetIdDoesNotExist"), Text("message", $"The fleet ID '{id}' does not exist")),
        ]);
    }
}
