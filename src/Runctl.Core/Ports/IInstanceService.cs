using Runctl.Instances;

namespace Runctl.Ports;

/// <summary>EC2, as far as Runctl uses it. Pages are followed; failures are <see cref="Errors.RunctlException"/>.</summary>
public interface IInstanceService
{
    /// <summary>The instances that match. An id that does not exist is simply not in the answer.</summary>
    Task<IReadOnlyList<RunctlInstance>> FindAsync(InstanceQuery query, CancellationToken cancellationToken);

    /// <summary>Terminates instances.</summary>
    Task TerminateAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>Stops instances; the answer comes before they are stopped.</summary>
    Task StopAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken);

    /// <summary>Starts stopped instances; the answer comes before they run.</summary>
    Task StartAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken);

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

    /// <summary>The spot prices of Linux instances that held at a time, and every change since, up to another time where one is given; in no order.</summary>
    Task<IReadOnlyList<SpotPriceChange>> FindSpotPriceHistoryAsync(IReadOnlyList<string> instanceTypes, DateTimeOffset since, DateTimeOffset? until, CancellationToken cancellationToken);

    /// <summary>The spot requests that match; what is empty does not narrow, a null value of a tag stands for any.</summary>
    Task<IReadOnlyList<SpotRequestRecord>> FindSpotRequestsAsync(IReadOnlyList<string> requestIds, IReadOnlyDictionary<string, string?> tags, CancellationToken cancellationToken);

    /// <summary>Cancels spot requests: EC2 starts nothing for them any more, and terminates what is stopped. One that is over is no error.</summary>
    Task CancelSpotRequestsAsync(IReadOnlyList<string> requestIds, CancellationToken cancellationToken);

    /// <summary>Makes a launch template.</summary>
    /// <returns>Its id.</returns>
    Task<string> CreateTemplateAsync(LaunchTemplate launchTemplate, CancellationToken cancellationToken);

    /// <summary>Deletes a launch template by name; one that is not there is no error.</summary>
    Task DeleteTemplateAsync(string name, CancellationToken cancellationToken);

    /// <summary>Launches by CreateFleet of type instant; idempotent by the request's token.</summary>
    Task<FleetAnswer> CreateFleetAsync(FleetRequest request, CancellationToken cancellationToken);

    /// <summary>Has EC2 judge the launch of a spot instance and launches nothing (RunInstances with DryRun).</summary>
    /// <param name="launchTemplate">What the instance would be like; it is not made.</param>
    /// <param name="instanceType">Type.</param>
    /// <param name="subnetId">Subnet.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="Errors.RunctlException">EC2 would refuse the launch.</exception>
    Task TryRunAsync(LaunchTemplate launchTemplate, string instanceType, string subnetId, CancellationToken cancellationToken);

    /// <summary>Launches by RunInstances with a persistent spot request for each instance; idempotent by the request's token.</summary>
    /// <returns>The ids of the instances.</returns>
    Task<IReadOnlyList<string>> RunAsync(SpotRunRequest request, CancellationToken cancellationToken);
}
