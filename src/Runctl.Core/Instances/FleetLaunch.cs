using System.Globalization;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Telling;

namespace Runctl.Instances;

/// <summary>One launch from template to running instances, and back where it fails.</summary>
internal sealed class FleetLaunch(ICloud cloud, TimeProvider time, LaunchPlan plan, IProgress<ProgressUpdate> progress, Action<string>? leftovers)
{
    private const string Activity = "Launching";

    /// <summary>For so long EC2 may list what it has launched without our knowing.</summary>
    private static readonly TimeSpan ListingPatience = TimeSpan.FromSeconds(30);

    private readonly string _launchId = Guid.NewGuid().ToString("N");
    private readonly List<string> _launched = [];
    private readonly List<PoolError> _refused = [];
    private bool _answerIsOpen;

    private LaunchRequest Request => plan.Request;

    private bool IsPersistent => Request.IsPersistent;

    /// <summary>Launches all or nothing.</summary>
    public async Task<IReadOnlyList<RunctlInstance>> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            progress.Report(new ProgressUpdate(Activity, "Preparing"));
            var image = plan.ImageRecord ?? await cloud.Instances.FindImageAsync(plan.Image, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.ImageNotFound(plan.Image, cloud.Region);
            var launched = await DescribeAsync(await CreateFleetAsync(image, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            foreach (var line in PoolDecision.Describe(plan, launched, _refused))
            {
                CommandLog.Decided(line);
            }

            return launched;
        }
        catch (Exception e)
        {
            // Whatever went wrong, and wherever: instances of this launch cost money and nobody knows of them.
            if (await Cleanup.InsistAsync(TerminateAllAsync, Cleanup.Limit, time).ConfigureAwait(false) is { } left)
            {
                if (e is RunctlException failure)
                {
                    throw RunctlErrors.WithLeftovers(failure, _launchId, left);
                }

                leftovers?.Invoke(Leftovers(left));
            }

            throw;
        }
    }

    private async Task<IReadOnlyList<string>> CreateFleetAsync(ImageRecord image, CancellationToken cancellationToken)
    {
        progress.Report(new ProgressUpdate(Activity, $"Asking for {plan.Description}"));
        if (plan.Avoided.Count > 0)
        {
            // Where a machine was just taken the next would be too; everywhere else is asked first.
            var elsewhere = await TryAsync(image, spot: true, cancellationToken, plan.Avoided).ConfigureAwait(false);
            if (elsewhere.InstanceIds.Count >= Request.Count)
            {
                return elsewhere.InstanceIds;
            }
        }

        var spot = await TryAsync(image, spot: true, cancellationToken).ConfigureAwait(false);
        if (spot.InstanceIds.Count >= Request.Count)
        {
            return spot.InstanceIds;
        }

        var errors = spot.Errors.AsEnumerable();
        if (Request.OnDemandFallback && !PoolErrorReport.IsGeneral(spot.Errors))
        {
            progress.Report(new ProgressUpdate(Activity, "No spot capacity; asking for on-demand"));
            var onDemand = await TryAsync(image, spot: false, cancellationToken).ConfigureAwait(false);
            if (onDemand.InstanceIds.Count >= Request.Count)
            {
                return onDemand.InstanceIds;
            }

            errors = errors.Concat(onDemand.Errors);
        }

        throw PoolErrorReport.ToException(Request, [.. errors], cloud.Region);
    }

    /// <summary>One way to buy. Each has a template of its own: EC2 refuses on-demand instances from one that tags spot requests.</summary>
    private async Task<FleetAnswer> TryAsync(ImageRecord image, bool spot, CancellationToken cancellationToken, IReadOnlyList<(string InstanceType, string SubnetId)>? without = null)
    {
        var template = $"runctl-{_launchId}{(without is not null ? "-elsewhere" : spot ? "" : "-ondemand")}";
        try
        {
            await cloud.Instances.CreateTemplateAsync(PlannedTemplate.Of(plan, image, template, spot, Tags()), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            throw PoolErrorReport.Explain(Request, e);
        }

        try
        {
            return await AskAsync(template, spot, without, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // One that stays costs nothing, and must not undo a launch that worked.
            if (await Cleanup.TryAsync(token => cloud.Instances.DeleteTemplateAsync(template, token), Cleanup.Limit, time).ConfigureAwait(false) is { } left)
            {
                progress.Report(new ProgressUpdate(Activity, $"The launch template {template} could not be removed: {left.Message}"));
            }
        }
    }

    private async Task<FleetAnswer> AskAsync(string template, bool spot, IReadOnlyList<(string InstanceType, string SubnetId)>? without, CancellationToken cancellationToken)
    {
        using var grace = new Grace(time, Cleanup.Limit, cancellationToken);
        _answerIsOpen = true;
        FleetAnswer answer;
        try
        {
            answer = spot && IsPersistent
                ? await new PoolWalk(cloud, plan, template, without, progress).RunAsync(cancellationToken, grace.Token).ConfigureAwait(false)
                : await cloud.Instances.CreateFleetAsync(FleetOf(template, spot, without), grace.Token).ConfigureAwait(false);
            _answerIsOpen = false;
        }
        catch (RunctlException e) when (e is { ServiceErrorCode: not null, IsTransient: false })
        {
            // EC2 said no: nothing was launched.
            _answerIsOpen = false;
            throw PoolErrorReport.Explain(Request, e);
        }

        _launched.AddRange(answer.InstanceIds);
        _refused.AddRange(answer.Errors);
        cancellationToken.ThrowIfCancellationRequested();
        if (answer.InstanceIds.Count > 0 && answer.InstanceIds.Count < Request.Count)
        {
            // All or nothing is EC2's promise; should it break, what came does not stay.
            if (await Cleanup.InsistAsync(token => TerminateAsync([.. answer.InstanceIds], token), Cleanup.Limit, time).ConfigureAwait(false) is null)
            {
                _launched.Clear();
            }
        }

        return answer;
    }

    private FleetRequest FleetOf(string template, bool spot, IReadOnlyList<(string InstanceType, string SubnetId)>? without) => new()
    {
        TemplateName = template,
        ClientToken = _launchId + (without is not null ? "-elsewhere" : spot ? "-spot" : "-ondemand"),
        InstanceTypes = Request.InstanceTypes,
        SubnetIds = plan.Subnets,
        Without = without ?? [],
        Count = Request.Count,
        Spot = spot,
        MaxPrice = Request.MaxPrice,
        Tags = Tags(),
    };

    /// <summary>What was launched, with its price; EC2 may take a moment to know its own instances.</summary>
    private async Task<IReadOnlyList<RunctlInstance>> DescribeAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(3), time);
        var began = time.GetTimestamp();
        while (true)
        {
            var found = await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = ids }, cancellationToken).ConfigureAwait(false);
            if (found.Count == ids.Count)
            {
                return [.. await Task.WhenAll(found.Select(i => WithPriceAsync(i, cancellationToken))).ConfigureAwait(false)];
            }

            if (time.GetElapsedTime(began) > TimeSpan.FromMinutes(1))
            {
                throw RunctlErrors.TimedOut("Finding the launched instances", TimeSpan.FromMinutes(1), string.Join(", ", ids));
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RunctlInstance> WithPriceAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        if (!instance.IsSpot || plan.SpotPrices.FirstOrDefault(p => p.InstanceType == instance.InstanceType && p.AvailabilityZone == instance.AvailabilityZone) is not { } price)
        {
            return instance;
        }

        var text = price.Price.ToString(CultureInfo.InvariantCulture);
        try
        {
            await cloud.Instances.TagAsync([instance.InstanceId], new Dictionary<string, string> { [RunctlTags.Price] = text }, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            progress.Report(new ProgressUpdate(Activity, $"The price of {instance.InstanceId} could not be noted: {e.Message}"));
        }

        return instance.With(copy => copy.HourlyPrice = price.Price);
    }

    private async Task TerminateAllAsync(CancellationToken cancellationToken)
    {
        await TerminateAsync(_launched, cancellationToken).ConfigureAwait(false);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), time);
        var began = time.GetTimestamp();
        // The answer was lost, and what it would have named may not be listed at once.
        while (_answerIsOpen)
        {
            var found = await cloud.Instances.FindAsync(
                new InstanceQuery { Tags = new Dictionary<string, string?> { [RunctlTags.LaunchId] = _launchId }, States = InstanceQuery.LiveStates }, cancellationToken).ConfigureAwait(false);
            _launched.AddRange(found.Select(i => i.InstanceId).Except(_launched, StringComparer.Ordinal).ToList());
            await TerminateAsync([.. found.Select(i => i.InstanceId)], cancellationToken).ConfigureAwait(false);
            if (_launched.Count >= Request.Count || time.GetElapsedTime(began) > ListingPatience)
            {
                return;
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TerminateAsync(List<string> ids, CancellationToken cancellationToken)
    {
        if (IsPersistent)
        {
            // First: for a terminated instance EC2 launches another as long as its request stands.
            var requests = await cloud.Instances.FindSpotRequestsAsync([], new Dictionary<string, string?> { [RunctlTags.LaunchId] = _launchId }, cancellationToken).ConfigureAwait(false);
            var standing = requests.Where(r => r.State is "open" or "active" or "disabled").Select(r => r.Id).ToList();
            if (standing.Count > 0)
            {
                await cloud.Instances.CancelSpotRequestsAsync(standing, cancellationToken).ConfigureAwait(false);
            }
        }

        if (ids.Count > 0)
        {
            await cloud.Instances.TerminateAsync(ids, cancellationToken).ConfigureAwait(false);
        }
    }

    private string Leftovers(RunctlException cause) =>
        $"{(_launched.Count > 0 ? $"{string.Join(", ", _launched)} may" : "Instances of this launch may")} still be running and cost money: {cause.Message} They have the tag {RunctlTags.LaunchId}={_launchId}; terminate them.";

    private Dictionary<string, string> Tags() => new(Request.Tags) { [RunctlTags.Managed] = "1", [RunctlTags.LaunchId] = _launchId };
}
