using Runctl.Instances;

namespace Runctl.Ports;

/// <summary>EC2, as far as Runctl uses it. Pages are followed; failures are <see cref="Errors.RunctlException"/>.</summary>
public interface IInstanceService
{
    /// <summary>The instances that match. An id that does not exist is simply not in the answer.</summary>
    Task<IReadOnlyList<RunctlInstance>> FindAsync(InstanceQuery query, CancellationToken cancellationToken);

    /// <summary>Terminates instances.</summary>
    Task TerminateAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>Sets tags.</summary>
    Task TagAsync(IReadOnlyList<string> resourceIds, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken);

    /// <summary>The records of instance types; a type that does not exist is an error that names it.</summary>
    Task<IReadOnlyList<InstanceTypeRecord>> DescribeTypesAsync(IReadOnlyList<string> instanceTypes, CancellationToken cancellationToken);

    /// <summary>The subnets with the given ids, or the default subnets of all zones where none are given.</summary>
    Task<IReadOnlyList<SubnetRecord>> DescribeSubnetsAsync(IReadOnlyList<string> subnetIds, CancellationToken cancellationToken);

    /// <summary>The image, or null where it does not exist.</summary>
    Task<ImageRecord?> FindImageAsync(string imageId, CancellationToken cancellationToken);

    /// <summary>The spot prices of Linux instances in force now.</summary>
    Task<IReadOnlyList<SpotPriceRecord>> FindSpotPricesAsync(IReadOnlyList<string> instanceTypes, CancellationToken cancellationToken);

    /// <summary>Makes a launch template.</summary>
    /// <returns>Its id.</returns>
    Task<string> CreateTemplateAsync(LaunchTemplate launchTemplate, CancellationToken cancellationToken);

    /// <summary>Deletes a launch template by name; one that is not there is no error.</summary>
    Task DeleteTemplateAsync(string name, CancellationToken cancellationToken);

    /// <summary>Launches by CreateFleet of type instant; idempotent by the request's token.</summary>
    Task<FleetAnswer> CreateFleetAsync(FleetRequest request, CancellationToken cancellationToken);
}
