using System.Net;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.S3;

/// <summary>What a request is about: nothing (the account), a bucket, or a key in it.</summary>
internal sealed record S3Address(string? Bucket, string? Key)
{
    /// <summary>Reads the address in path style, or in virtual-host style where the Host header names a bucket.</summary>
    public static S3Address Read(HttpRequest request)
    {
        var path = request.RawPath[1..];
        if (BucketInHost(request.Headers["Host"] ?? "") is { } bucket)
        {
            return new S3Address(bucket, KeyOf(path));
        }

        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var name = UrlCoding.Decode(slash < 0 ? path : path[..slash], plusIsSpace: false);
        return name.Length == 0
            ? new S3Address(null, null)
            : new S3Address(name, slash < 0 ? null : KeyOf(path[(slash + 1)..]));
    }

    private static string? KeyOf(string path) => path.Length == 0 ? null : UrlCoding.Decode(path, plusIsSpace: false);

    private static string? BucketInHost(string host)
    {
        var name = host.Split(':')[0];
        if (IPAddress.TryParse(name, out _))
        {
            return null;
        }

        foreach (var mark in new[] { ".s3.", ".s3-", ".localhost" })
        {
            var index = name.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
            if (index > 0)
            {
                return name[..index] is "s3" ? null : name[..index];
            }
        }

        return null;
    }
}
