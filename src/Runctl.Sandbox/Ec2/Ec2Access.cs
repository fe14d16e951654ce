using Runctl.Sandbox.Ec2.Fleets;
using Runctl.Sandbox.Ec2.Launching;
using Runctl.Sandbox.Ec2.Lifecycle;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Ec2.Tagging;
using Runctl.Sandbox.Policies;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Ec2;

/// <summary>Asks the policies of a caller before an action does anything. Resources and keys are those of AWS's Service Authorization Reference.</summary>
internal sealed class Ec2Access(AccessControl access, string region, InstanceRegistry registry, LaunchTemplates templates, FleetStore fleets)
{
    private static readonly string[] Launched = ["instance", "volume", "network-interface", "spot-instances-request"];

    // EC2 makes its own role at the first spot instance of an account.
    private volatile bool _hasSpotRole;

    /// <summary>Refuses an action that the caller may not do.</summary>
    /// <exception cref="Ec2Exception">UnauthorizedOperation.</exception>
    public void Demand(SandboxPrincipal caller, string action, Ec2Parameters parameters) => Demand(caller, Of(action, parameters));

    /// <summary>Refuses a launch that the caller may not do: a fleet launches with the permissions of its caller.</summary>
    /// <exception cref="Ec2Exception">UnauthorizedOperation, or that the role of EC2 for spot instances cannot be made.</exception>
    public void DemandLaunch(SandboxPrincipal caller, InstanceOrder order, LaunchTemplate? template)
    {
        Demand(caller, LaunchOf(order, template));
        if (order.Spot is not null && !_hasSpotRole)
        {
            var role = new AccessRequest("iam:CreateServiceLinkedRole", Arns.Role("aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"))
                .With("iam:AWSServiceName", "spot.amazonaws.com");
            const string code = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
            _hasSpotRole = access.Allows(caller, role) ? true : throw new Ec2Exception(code, PoolLimits.Message(code, order.InstanceType, order.AvailabilityZone), 403);
        }
    }

    private void Demand(SandboxPrincipal caller, IEnumerable<AccessRequest> requests)
    {
        try
        {
            access.Demand(caller, requests);
        }
        catch (AccessDeniedException e)
        {
            throw new Ec2Exception("UnauthorizedOperation", $"You are not authorized to perform this operation. {e.Message}.", 403);
        }
    }

    private IEnumerable<AccessRequest> Of(string action, Ec2Parameters parameters) => action switch
    {
        "CreateLaunchTemplate" => Create(action, "launch-template", SpecifiedTags(parameters, "launch-template")),
        "DeleteLaunchTemplate" => Named(parameters) is { } template ? [On(action, "launch-template", template.Id).Tagged(template.Tags)] : [],
        "CreateFleet" => Fleet(parameters),
        // What is launched is known once the template was read.
        "RunInstances" => [],
        "TerminateInstances" or "StopInstances" or "StartInstances" => Instances(parameters).Select(record => On(action, "instance", record.InstanceId).Tagged(record.Tags)),
        "CancelSpotInstanceRequests" => Requests(parameters).Select(request => On(action, "spot-instances-request", request.Id).Tagged(request.Tags)),
        "DeleteFleets" => parameters.List("FleetId").Select(fleets.Find).OfType<Fleet>().Select(fleet => On(action, "fleet", fleet.Id).Tagged(fleet.Tags)),
        "CreateTags" or "DeleteTags" => Tags(action, parameters),
        _ => [new("ec2:" + action, "*")],
    };

    private IEnumerable<AccessRequest> Fleet(Ec2Parameters parameters)
    {
        foreach (var request in Create("CreateFleet", "fleet", SpecifiedTags(parameters, "fleet")))
        {
            yield return request;
        }

        // Their tags are those of the request, not those of the template.
        yield return On("CreateFleet", "instance").Asking(SpecifiedTags(parameters, "instance"));
        yield return On("CreateFleet", "volume");
        foreach (var config in parameters.Branches("LaunchTemplateConfigs"))
        {
            if (Named(config.Branch("LaunchTemplateSpecification")) is not { } template)
            {
                continue;
            }

            yield return On("CreateFleet", "launch-template", template.Id).Tagged(template.Tags);
            foreach (var image in config.Branches("Overrides").Select(one => one["ImageId"]).Append(template.Specification.ImageId).OfType<string>().Distinct())
            {
                yield return On("CreateFleet", "image", image);
            }

            foreach (var subnet in config.Branches("Overrides").Select(one => one["SubnetId"]).OfType<string>().Distinct())
            {
                yield return On("CreateFleet", "subnet", subnet);
            }
        }
    }

    private IEnumerable<AccessRequest> LaunchOf(InstanceOrder order, LaunchTemplate? template)
    {
        yield return On("RunInstances", "image", order.ImageId);
        yield return On("RunInstances", "subnet", order.SubnetId);
        foreach (var group in order.SecurityGroupIds)
        {
            yield return On("RunInstances", "security-group", group);
        }

        if (template is not null)
        {
            yield return On("RunInstances", "launch-template", template.Id).Tagged(template.Tags);
        }

        foreach (var type in Launched.Where(type => type != "spot-instances-request" || order.Spot is { Tags.Count: > 0 }))
        {
            var tags = Own(type switch { "instance" => order.Tags, "volume" => order.VolumeTags, "network-interface" => order.InterfaceTags, _ => order.Spot!.Tags });
            yield return On("RunInstances", type).Asking(tags);
            if (tags.Count > 0)
            {
                yield return On("CreateTags", type).Asking(tags).With("ec2:CreateAction", "RunInstances");
            }
        }

        if (order.ProfileName is { } role)
        {
            yield return new AccessRequest("iam:PassRole", Arns.Role(role)).With("iam:PassedToService", "ec2.amazonaws.com");
        }
    }

    private IEnumerable<AccessRequest> Create(string action, string type, TagSet tags)
    {
        yield return On(action, type).Asking(tags);
        if (tags.Count > 0)
        {
            yield return On("CreateTags", type).Asking(tags).With("ec2:CreateAction", action);
        }
    }

    private IEnumerable<AccessRequest> Tags(string action, Ec2Parameters parameters)
    {
        var tags = parameters.Branches("Tag").Select(tag => KeyValuePair.Create(tag["Key"] ?? "", tag["Value"] ?? "")).ToList();
        foreach (var id in parameters.List("ResourceId"))
        {
            var (type, has) = ResourceOf(id);
            yield return On(action, type, id).Asking(tags).Tagged(has);
        }
    }

    private (string Type, TagSet Tags) ResourceOf(string id) => id.Split('-')[0] switch
    {
        "i" => ("instance", registry.Find(id)?.Tags ?? TagSet.Empty),
        "sir" => ("spot-instances-request", registry.SpotRequests.FirstOrDefault(request => request.Id == id)?.Tags ?? TagSet.Empty),
        "lt" => ("launch-template", templates.All.FirstOrDefault(template => template.Id == id)?.Tags ?? TagSet.Empty),
        "fleet" => ("fleet", fleets.Find(id)?.Tags ?? TagSet.Empty),
        "vol" => ("volume", registry.All.FirstOrDefault(record => record.Volume.ResourceId == id)?.Volume.Tags ?? TagSet.Empty),
        _ => ("network-interface", registry.All.FirstOrDefault(record => record.Interface.ResourceId == id)?.Interface.Tags ?? TagSet.Empty),
    };

    private IEnumerable<InstanceRecord> Instances(Ec2Parameters parameters) => parameters.List("InstanceId").Select(registry.Find).OfType<InstanceRecord>();

    private IEnumerable<SpotRequest> Requests(Ec2Parameters parameters) => parameters.List("SpotInstanceRequestId") is var ids ? registry.SpotRequests.Where(request => ids.Contains(request.Id)) : [];

    private LaunchTemplate? Named(Ec2Parameters branch) => templates.All.FirstOrDefault(template => template.Id == branch["LaunchTemplateId"] || template.Name == branch["LaunchTemplateName"]);

    private static TagSet SpecifiedTags(Ec2Parameters parameters, string type) => TagSet.Empty.With(parameters.Branches("TagSpecification")
        .Where(one => one["ResourceType"] == type).SelectMany(one => one.Branches("Tag")).Select(tag => KeyValuePair.Create(tag["Key"] ?? "", tag["Value"] ?? "")));

    /// <summary>Without the tags that EC2 adds.</summary>
    private static TagSet Own(TagSet tags) => TagSet.Empty.With(tags.Where(tag => !tag.Key.StartsWith("aws:", StringComparison.Ordinal)));

    private AccessRequest On(string action, string type, string id = "*") => new("ec2:" + action, Arns.Ec2(region, type, id));
}
