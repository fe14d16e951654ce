namespace Runctl.Sandbox.Imds;

/// <summary>A partition of AWS: regions with accounts and a domain of their own.</summary>
/// <param name="Name">As in ARNs.</param>
/// <param name="Domain">What the names of its services end with.</param>
internal sealed record Partition(string Name, string Domain)
{
    private static readonly Partition Standard = new("aws", "amazonaws.com");

    private static readonly (string Prefix, Partition Partition)[] Others =
    [
        ("cn-", new("aws-cn", "amazonaws.com.cn")),
        ("us-gov-", new("aws-us-gov", "amazonaws.com")),
        ("eusc-", new("aws-eusc", "amazonaws.eu")),
        ("us-iso-", new("aws-iso", "c2s.ic.gov")),
        ("us-isob-", new("aws-iso-b", "sc2s.sgov.gov")),
        ("eu-isoe-", new("aws-iso-e", "cloud.adc-e.uk")),
        ("us-isof-", new("aws-iso-f", "csp.hci.ic.gov")),
    ];

    /// <summary>The partition a region is in.</summary>
    public static Partition Of(string region) =>
        Others.FirstOrDefault(other => region.StartsWith(other.Prefix, StringComparison.Ordinal)).Partition ?? Standard;
}
