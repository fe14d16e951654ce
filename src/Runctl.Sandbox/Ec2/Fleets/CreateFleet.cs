using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>CreateFleet, type instant.</summary>
internal sealed class CreateFleet(FleetRequestReader reader, FleetLauncher launcher, FleetStore fleets, ClientTokens tokens, Ec2Access access) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var fleet = tokens.Once("CreateFleet", parameters,
            () => fleets.Add(launcher.Launch(
                reader.Read(parameters), parameters["ClientToken"], (order, template) => access.DemandLaunch(parameters.Caller, order, template))));
        return [Text("fleetId", fleet.Id), .. FleetXml.Outcome(fleet)];
    }
}
