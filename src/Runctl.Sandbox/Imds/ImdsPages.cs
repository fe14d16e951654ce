using System.Text;
using System.Text.Json;
using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Imds;

/// <summary>What stands at the paths of one instance's metadata service; directories list what is below them.</summary>
internal sealed class ImdsPages
{
    private const string Root = "/latest/";

    private readonly InstanceRecord _record;
    private readonly InstanceClock _clock;
    private readonly ImdsContext _context;
    private readonly RoleCredentials? _role;

    // A page without content now (no notice, no role) is 404 and is not listed.
    private readonly SortedDictionary<string, Func<string?>> _pages = new(StringComparer.Ordinal);

    public ImdsPages(InstanceRecord record, ImdsContext context)
    {
        _record = record;
        _context = context;
        _clock = new InstanceClock(context.Conditions.Of(record.InstanceId), context.Clock);
        _role = record.ProfileName is { } profile ? new RoleCredentials(profile, record.InstanceId, _clock, context) : null;

        Meta("ami-id", () => record.ImageId);
        Meta("hostname", () => record.PrivateDnsName);
        Meta("instance-id", () => record.InstanceId);
        Meta("instance-life-cycle", () => record.IsSpot ? "spot" : "on-demand");
        Meta("instance-type", () => record.InstanceType);
        Meta("local-hostname", () => record.PrivateDnsName);
        Meta("local-ipv4", () => record.PrivateIp);
        Meta("placement/availability-zone", () => record.AvailabilityZone);
        Meta("placement/region", () => context.Region);
        Meta("services/domain", () => Partition.Of(context.Region).Domain);
        Meta("services/partition", () => Partition.Of(context.Region).Name);
        Meta("spot/instance-action", InstanceAction);
        Meta("spot/termination-time", () => record.NoticeAt(context.Clock.GetUtcNow()) is { Action: "terminate" } notice ? _clock.Show(notice.Time) : null);
        Meta("events/recommendations/rebalance", Rebalance);
        Meta("iam/info", () => _role?.Info());
        if (_role is not null)
        {
            Meta($"iam/security-credentials/{_role.Name}", _role.Document);
        }

        _pages[Root + "dynamic/instance-identity/document"] = IdentityDocument;
        _pages[Root + "user-data"] = () => record.UserData is { } data ? Encoding.UTF8.GetString(data) : null;
    }

    /// <summary>The text at a path, or null where there is nothing.</summary>
    public string? Read(string path)
    {
        if (_pages.TryGetValue(path, out var page) || _pages.TryGetValue(path.TrimEnd('/'), out page))
        {
            return page();
        }

        if (path.StartsWith(Root + "meta-data/tags/instance/", StringComparison.Ordinal) && _record.Metadata.InstanceTags)
        {
            return _record.Tags[Uri.UnescapeDataString(path[(Root + "meta-data/tags/instance/").Length..])];
        }

        return List(path.EndsWith('/') ? path : path + '/');
    }

    private void Meta(string path, Func<string?> page) => _pages[Root + "meta-data/" + path] = page;

    private string? List(string directory)
    {
        var names = _pages
            .Where(page => page.Key.StartsWith(directory, StringComparison.Ordinal) && page.Value() is not null)
            .Select(page => page.Key[directory.Length..])
            .Select(rest => rest.Contains('/', StringComparison.Ordinal) ? rest[..(rest.IndexOf('/', StringComparison.Ordinal) + 1)] : rest)
            .Distinct()
            .ToList();
        return names.Count == 0 ? null : string.Join('\n', names);
    }

    private string? InstanceAction() => _record.NoticeAt(_context.Clock.GetUtcNow()) is { } notice
        ? JsonSerializer.Serialize(new { action = notice.Action, time = _clock.Show(notice.Time) })
        : null;

    private string? Rebalance() => _record.RebalanceNoticeTime is { } time
        ? JsonSerializer.Serialize(new { noticeTime = _clock.Show(time) })
        : null;

    private string IdentityDocument() => JsonSerializer.Serialize(new
    {
        accountId = _context.Account,
        availabilityZone = _record.AvailabilityZone,
        imageId = _record.ImageId,
        instanceId = _record.InstanceId,
        instanceType = _record.InstanceType,
        pendingTime = _clock.Show(_record.LaunchTime),
        privateIp = _record.PrivateIp,
        region = _context.Region,
        version = "2017-09-30",
    });
}
