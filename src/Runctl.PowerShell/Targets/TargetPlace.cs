using Runctl.Configuration;

namespace Runctl.PowerShell.Targets;

/// <summary>Where an object was found: the connection and the bucket it brings along.</summary>
internal sealed record TargetPlace
{
    /// <summary>That of an id: the settings in force decide.</summary>
    public static readonly TargetPlace Unknown = new();

    /// <summary>Whether the object says which endpoint it was found at; AWS itself is null.</summary>
    public bool KnowsEndpoint { get; private init; }

    /// <summary>Region, or null where it is not known.</summary>
    public string? Region { get; private init; }

    /// <summary>Endpoint, or null for AWS itself.</summary>
    public Uri? EndpointUrl { get; private init; }

    /// <summary>Profile of the credentials, or null.</summary>
    public string? ProfileName { get; private init; }

    private string? S3Bucket { get; init; }

    private string? S3Prefix { get; init; }

    private string? RunPrefix { get; init; }

    /// <summary>Reads the place from an object's properties. Of an instance of AWS.Tools the zone tells the region.</summary>
    public static TargetPlace Of(TargetProperties properties) => new()
    {
        KnowsEndpoint = properties.Has("EndpointUrl"),
        Region = properties.Text("Region") ?? RegionOf(properties.Text("Placement", "AvailabilityZone")),
        EndpointUrl = Uri.TryCreate(properties.Text("EndpointUrl"), UriKind.Absolute, out var endpoint) ? endpoint : null,
        ProfileName = properties.Text("ProfileName"),
        S3Bucket = properties.Text("S3Bucket"),
        S3Prefix = properties.Text("S3Prefix"),
        RunPrefix = properties.Text("RunPrefix"),
    };

    /// <summary>Puts the place into a command's settings, unless the user decided otherwise.</summary>
    /// <param name="settings">The settings by the property names of <see cref="RunctlConfiguration"/>.</param>
    /// <param name="isGiven">Whether the user gave a parameter.</param>
    public void AddTo(IDictionary<string, object?> settings, Func<string, bool> isGiven)
    {
        // A profile means AWS itself, and an endpoint has credentials of its own.
        var isMoved = isGiven(nameof(EndpointUrl)) || isGiven(nameof(ProfileName));
        Add(nameof(Region), Region);
        Add(nameof(EndpointUrl), isMoved ? null : EndpointUrl);
        Add(nameof(ProfileName), isMoved ? null : ProfileName);
        Add(nameof(S3Bucket), S3Bucket);
        Add(nameof(S3Prefix), S3Prefix);
        Add(nameof(RunPrefix), RunPrefix);

        void Add(string name, object? value)
        {
            if (value is not null && !isGiven(name))
            {
                settings[name] = value;
            }
        }
    }

    /// <summary>us-east-1 of us-east-1a; also of the zone of a local zone or wavelength zone.</summary>
    private static string? RegionOf(string? zone) =>
        zone is not null && System.Text.RegularExpressions.Regex.Match(zone, "^[a-z]{2}(-[a-z]+)+?-[0-9]+") is { Success: true } match ? match.Value : null;
}
