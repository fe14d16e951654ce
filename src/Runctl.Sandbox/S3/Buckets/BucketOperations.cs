using System.Xml.Linq;
using Runctl.Sandbox.S3.Objects;

namespace Runctl.Sandbox.S3.Buckets;

/// <summary>The operations on buckets themselves.</summary>
internal static class BucketOperations
{
    // Outside of this region a location constraint is required and must be the region itself.
    private const string ClassicRegion = "us-east-1";

    /// <summary>ListBuckets.</summary>
    public static Task ListAsync(S3Call call, CancellationToken ct) => call.RespondAsync(
        new XElement("ListAllMyBucketsResult",
            ObjectXml.Owner("Owner", call.Signed.Principal),
            new XElement("Buckets", call.State.Buckets.Snapshot().Select(bucket => new XElement("Bucket",
                new XElement("Name", bucket.Name),
                new XElement("CreationDate", ObjectXml.Time(bucket.Created)),
                S3Xml.Optional("BucketRegion", bucket.Region))))),
        ct);

    /// <summary>CreateBucket.</summary>
    public static async Task CreateAsync(S3Call call, CancellationToken ct)
    {
        if (!BucketName.IsValid(call.BucketName))
        {
            throw S3Errors.InvalidBucketName(call.BucketName);
        }

        var (document, _) = await call.ReadDocumentAsync(ct).ConfigureAwait(false);
        var constraint = document.Length == 0
            ? null
            : (string?)S3Xml.Read(document, "CreateBucketConfiguration").Element("LocationConstraint");
        var region = RegionOf(constraint, call.Signed.Scope.Region);
        if (!call.State.Buckets.TryAdd(call.BucketName, region) && region != ClassicRegion)
        {
            throw S3Errors.BucketAlreadyOwnedByYou(call.BucketName);
        }

        await call.RespondAsync(200, [new("Location", "/" + call.BucketName)], ct).ConfigureAwait(false);
    }

    /// <summary>HeadBucket.</summary>
    public static Task HeadAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        return call.RespondAsync(200, [new("x-amz-bucket-region", bucket.Region ?? call.Signed.Scope.Region)], ct);
    }

    /// <summary>DeleteBucket.</summary>
    public static Task DeleteAsync(S3Call call, CancellationToken ct)
    {
        call.State.Buckets.Remove(call.Bucket());
        return call.RespondAsync(204, [], ct);
    }

    /// <summary>GetBucketLocation.</summary>
    public static Task LocationAsync(S3Call call, CancellationToken ct)
    {
        // Asked in any region: this is how clients find the right one.
        var bucket = call.State.Buckets.Find(call.BucketName) ?? throw S3Errors.NoSuchBucket(call.BucketName);
        var region = bucket.Region ?? call.Signed.Scope.Region;
        return call.RespondAsync(new XElement("LocationConstraint", region == ClassicRegion ? null : region), ct);
    }

    private static string RegionOf(string? constraint, string endpoint)
    {
        if (endpoint == ClassicRegion)
        {
            return constraint switch
            {
                null or "" => ClassicRegion,
                ClassicRegion => throw S3Errors.InvalidLocationConstraint(constraint),
                "EU" => "eu-west-1",
                _ => constraint,
            };
        }

        return constraint == endpoint
            ? constraint
            : throw S3Errors.IllegalLocationConstraint(constraint is null or "" ? "unspecified" : constraint);
    }
}
